// Command oa-archive makes, checks, shows and restores archives of analytics
// tenants. See docs/cli.md, or run it without arguments.
package main

import (
	"os"

	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/cli"
	_ "github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/heap" // collects garbage later
)

func main() { os.Exit(cli.Main(os.Args[1:])) }
