package listener

import "testing"

func TestAddresses(t *testing.T) {
	cases := []struct {
		listen, address string
		exposed         bool
	}{
		{":8080", "127.0.0.1:8080", false}, {"127.0.0.1:1", "127.0.0.1:1", false}, {"[::1]:1", "[::1]:1", false},
		{"0.0.0.0:8080", "0.0.0.0:8080", true}, {"[::]:8080", "[::]:8080", true}, {"10.0.0.1:80", "10.0.0.1:80", true},
		{"localhost:80", "localhost:80", false},
	}
	for _, c := range cases {
		if got, err := Address(c.listen); err != nil || got != c.address || Exposed(c.listen) != c.exposed {
			t.Errorf("%s: %s, %v, %v", c.listen, got, Exposed(c.listen), err)
		}
	}
	for _, bad := range []string{"", "8080", "a:b:c", ":http", ":65536", ":-1", "::1:80"} {
		if got, err := Address(bad); err == nil {
			t.Errorf("%q is read as %s", bad, got)
		}
	}
}
