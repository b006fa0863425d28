package admin

import (
	"embed"
	"io/fs"
	"net/http"
)

//go:embed page
var page embed.FS

// pageFiles serves the page. It holds nothing of the pipeline, and so needs no token: the
// page asks for that.
func pageFiles() http.Handler {
	files, err := fs.Sub(page, "page")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return http.FileServerFS(files)
}
