package schema

import (
	"bytes"
	"embed"
)

//go:embed v1
var files embed.FS

// BaseURI is what the $id of every schema begins with. It is an identifier:
// nothing is ever fetched from it.
const BaseURI = "https://oa-archive.dev/schema/v1/"

// JSON returns the schema of the kind as it is embedded, or nil when the kind
// is unknown. It refers to the shared definitions, which [SharedJSON] returns.
func JSON(kind Kind) []byte {
	return embedded(string(kind))
}

// SharedJSON returns the schema with the definitions that all others share.
func SharedJSON() []byte { return embedded("defs") }

func embedded(name string) []byte {
	data, err := files.ReadFile("v1/" + name + ".json")
	if err != nil {
		return nil
	}
	return bytes.Clone(data)
}
