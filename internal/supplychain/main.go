// Command supplychain lists what is linked into oa-archive: as a page of licences
// (docs/licences.md), or as a software bill of materials (CycloneDX 1.6, JSON). The
// output depends on the source and go.mod alone. Run it in the module's root:
//
//	go run ./internal/supplychain licences|sbom
package main

import (
	"fmt"
	"os"
)

// buildTags are those of make build.
const buildTags = "arrow_json_stdlib"

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "supplychain:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 || args[0] != "licences" && args[0] != "sbom" {
		return fmt.Errorf("want licences or sbom, got %q", args)
	}
	all, err := modules(buildTags)
	if err != nil {
		return err
	}
	out := page(all)
	if args[0] == "sbom" {
		if out, err = bill(all); err != nil {
			return err
		}
	}
	_, err = os.Stdout.Write(out)
	return err
}
