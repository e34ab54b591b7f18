package schema

import "github.com/oneanalytics/oa-archive/internal/strictjson"

// largeJSON is from how many bytes on a document is checked before memory is taken
// for what it says: what is refused in the end must not cost a tree.
const largeJSON = 1 << 20

func parseJSON(doc []byte, b *builder) (*node, error) {
	limits := strictjson.Limits{Size: maxSize, Values: maxNodes}
	if len(doc) > largeJSON {
		if err := strictjson.Check(doc, limits); err != nil {
			return nil, err
		}
	}
	if err := strictjson.Read(doc, limits, b); err != nil {
		return nil, err
	}
	return b.root, nil
}
