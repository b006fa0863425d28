// Command leat runs the flows of a pipeline.yaml.
package main

import (
	"os"

	"github.com/leat-io/leat/cli"
)

func main() { os.Exit(cli.Main(cli.StandardCatalog())) }
