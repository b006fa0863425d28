// Command plugin-go builds the plugin of this example and runs its flow:
//
//	go run ./examples/plugin-go
package main

import (
	"fmt"
	"os"
	"os/exec"

	"github.com/leat-io/leat/cli"
)

const eta = "examples/plugin-go/plugins/eta"

func main() {
	build := exec.Command("go", "build", "-o", eta+"/eta", "./"+eta)
	build.Stdout, build.Stderr = os.Stdout, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "plugin-go: build the plugin, from the root of the repository:", err)
		os.Exit(1)
	}
	os.Args = []string{"leat", "run", "examples/plugin-go/pipeline.yaml"}
	os.Exit(cli.Main(cli.StandardCatalog()))
}
