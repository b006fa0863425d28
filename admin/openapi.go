package admin

import (
	"encoding/json"
	"net/http"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// object is a JSON object; it is written with its keys in the order of the alphabet.
type object = map[string]any

// OpenAPI returns the document of the API, made from the declarations of its paths.
func OpenAPI() []byte {
	d := &document{schemas: object{}}
	paths := object{}
	for _, r := range (&Server{}).routes() {
		item, _ := paths[r.path].(object)
		if item == nil {
			item = object{}
			paths[r.path] = item
		}
		item[strings.ToLower(r.method)] = d.operation(r)
	}
	out, err := json.MarshalIndent(object{
		"openapi": "3.1.0",
		"info": object{
			"title": "leat", "version": "1",
			"description": "The flows of a running leat: how they are, what goes through them, and what can be done to them. Times are in UTC. Counts are since the start.",
		},
		"paths":      paths,
		"security":   []any{object{"token": []any{}}},
		"components": object{"schemas": d.schemas, "securitySchemes": object{"token": object{"type": "http", "scheme": "bearer", "description": "The token of the file's admin. A listener without one answers only this machine."}}},
	}, "", "  ")
	if err != nil {
		panic(err) // maps of texts can be written
	}
	return append(out, '\n')
}

type document struct{ schemas object }

var inPath = regexp.MustCompile(`\{(\w+)\}`)

func (d *document) operation(r route) object {
	op := object{"operationId": r.name, "summary": r.about, "responses": d.responses(r)}
	var parameters []any
	for _, m := range inPath.FindAllStringSubmatch(r.path, -1) {
		parameters = append(parameters, object{"name": m[1], "in": "path", "required": true, "schema": object{"type": "string"}})
	}
	for _, p := range r.query {
		parameters = append(parameters, object{"name": p.name, "in": "query", "description": p.about, "schema": object{"type": "string"}})
	}
	if parameters != nil {
		op["parameters"] = parameters
	}
	if r.body != nil {
		op["requestBody"] = object{"content": object{"application/json": object{"schema": d.schema(reflect.TypeOf(r.body))}}}
	}
	return op
}

func (d *document) responses(r route) object {
	kind := "application/json"
	if r.name == "drawing" {
		kind = "image/svg+xml"
	}
	wrong := object{"description": "It was not done; error says why.", "content": object{"application/json": object{"schema": d.schema(reflect.TypeFor[Problem]())}}}
	return object{
		strconv.Itoa(max(r.status, http.StatusOK)): object{"description": "It was done.", "content": object{kind: object{"schema": d.schema(reflect.TypeOf(r.answer))}}},
		"default": wrong,
	}
}

// schema describes a type. A struct is named once and referred to.
func (d *document) schema(t reflect.Type) object {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return object{"type": "string", "format": "date-time"}
	case t == reflect.TypeFor[[]byte]():
		return object{"type": "string", "contentEncoding": "base64"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return d.schema(t.Elem())
	case reflect.Slice:
		return object{"type": "array", "items": d.schema(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": d.schema(t.Elem())}
	case reflect.Struct:
		d.describe(t)
		return object{"$ref": "#/components/schemas/" + t.Name()}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Float64:
		return object{"type": "number"}
	}
	return object{"type": "string"}
}

func (d *document) describe(t reflect.Type) {
	if d.schemas[t.Name()] != nil {
		return
	}
	properties, required := object{}, []any{}
	d.schemas[t.Name()] = object{"type": "object", "properties": properties}
	for _, f := range reflect.VisibleFields(t) {
		name, more, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || name == "" {
			continue
		}
		s := d.schema(f.Type)
		if about := f.Tag.Get("about"); about != "" {
			s["description"] = about
		}
		if values := f.Tag.Get("values"); values != "" {
			s["enum"] = strings.Fields(values)
		}
		properties[name] = s
		if !strings.Contains(more, "omitempty") {
			required = append(required, name)
		}
	}
	if len(required) > 0 {
		d.schemas[t.Name()].(object)["required"] = required
	}
}
