package redisapi

import (
	"strings"
	"testing"

	"github.com/leat-io/leat/internal/conf"
)

func TestSettingsThatCannotWork(t *testing.T) {
	for _, c := range []struct {
		settings Settings
		want     string // "": nothing is wrong
	}{
		{Settings{URL: "redis://h"}, ""},
		{Settings{URL: "redis://h:1/2", Database: 2}, ""},
		{Settings{URL: "redis://u:p@[::1]:1?addr=b:2", Cluster: true}, ""},
		{Settings{URL: "unix:///run/redis.sock"}, ""},
		{Settings{URL: "h:6379"}, "want a URL"},
		{Settings{URL: "http://h"}, "want a URL"},
		{Settings{URL: "redis://"}, "want a URL"},
		{Settings{URL: "redis://:s3cr%t@h"}, "want a URL"},
		{Settings{URL: "redis://h/x"}, "number of a database"},
		{Settings{URL: "redis://h?db=1"}, `only "addr"`},
		{Settings{URL: "redis://h/1", Database: 2}, "names another one"},
		{Settings{URL: "redis://h/1", Cluster: true}, "only database 0"},
		{Settings{URL: "redis://h?addr=i"}, "several addresses"},
		{Settings{URL: "redis://h", Cluster: true, SentinelMaster: "m"}, "keep one of the two"},
		{Settings{URL: "redis://h", SentinelPassword: "p"}, "needs sentinel_master"},
		{Settings{URL: "redis://h", TLSCA: "f"}, "rediss://"},
		{Settings{URL: "rediss://h", TLSCert: "f"}, "need each other"},
	} {
		err := c.settings.Validate()
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.settings.URL.Reveal(), err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %q", c.settings.URL.Reveal(), err, c.want)
		case err != nil && strings.Contains(err.Error(), "s3cr"):
			t.Errorf("%v tells the password", err)
		}
	}
}

func TestTheAddressTellsNoSecret(t *testing.T) {
	s := Settings{URL: conf.Secret("redis://u:s3cret@h:1/2?addr=i")}
	if got := s.Address(); got != "h:1, i:6379" {
		t.Errorf("the address is %q", got)
	}
}
