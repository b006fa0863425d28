package webcall

import (
	"errors"
	"net/url"
)

// WithoutURL takes the URL out of an error of an http.Client: its path or query may hold a
// secret, and who calls says where the request went.
func WithoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
