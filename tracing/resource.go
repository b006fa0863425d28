package tracing

import (
	"cmp"
	"maps"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/leat-io/leat/pipeline"
)

// resource is what is said of all spans. The file counts before the environment.
func (x *Exporting) resource(c *pipeline.TracingConfig) *resource.Resource {
	service, _ := x.options.Getenv("OTEL_SERVICE_NAME")
	fromEnv := resource.Environment()
	own := []attribute.KeyValue{attribute.String("service.name", cmp.Or(c.Service, service, named(fromEnv), "leat"))}
	if v := x.options.Version; v != "" {
		own = append(own, attribute.String("service.version", v))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Resource)) {
		own = append(own, attribute.String(name, text(c.Resource[name], longestName)))
	}
	merged, err := resource.Merge(fromEnv, resource.NewSchemaless(own...))
	if err != nil {
		return resource.NewSchemaless(own...)
	}
	return merged
}

// named is the name of the service among attributes, "" without.
func named(r *resource.Resource) string {
	v, _ := r.Set().Value("service.name")
	return v.AsString()
}
