package testservers

import (
	"fmt"
	"os"
	"os/exec"
)

func findElasticMQ() (plan, error) {
	jar := os.Getenv("LEAT_ELASTICMQ")
	if jar == "" {
		jar = installed("elasticmq", "elasticmq-server-0.7.1.jar")
	}
	if !exists(jar) {
		return plan{}, fmt.Errorf("elasticmq is not at %q: run make test or internal/testservers/install.sh, or set LEAT_ELASTICMQ to the jar of the npm package", jar)
	}
	java, err := exec.LookPath("java")
	if err != nil {
		return plan{}, fmt.Errorf("elasticmq needs java 17: install default-jre-headless, or what your system calls it")
	}
	return plan{name: "elasticmq", ready: "/?Action=ListQueues", command: func(port string) *exec.Cmd {
		return exec.Command(java, "-Xmx256m", "-XX:-UsePerfData", "-XX:+UseSerialGC",
			"--add-opens", "java.base/java.util.regex=ALL-UNNAMED", // its router counts the groups of patterns
			"-Drest-sqs.bind-hostname=127.0.0.1", "-Drest-sqs.bind-port="+port,
			"-Dnode-address.host=127.0.0.1", "-Dnode-address.port="+port, "-jar", jar)
	}}, nil
}
