package spapi

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// regions are Amazon's parts of the world. A seller's calls go to the host of its own.
var regions = []string{"na", "eu", "fe"}

// hostOf is where the API of a region is.
func hostOf(region string, sandbox bool) string {
	prefix := ""
	if sandbox {
		prefix = "sandbox."
	}
	return "https://" + prefix + "sellingpartnerapi-" + region + ".amazon.com"
}

// marketplaces are the ids of marketplaces by region.
var marketplaces = map[string]string{
	"A2EUQ1WTGCTBG2": "na", "ATVPDKIKX0DER": "na", "A1AM78C64UM0Y8": "na", "A2Q3Y263D00KWC": "na",
	"A28R8C7NBKEWEA": "eu", "A1RKKUPIHCS9HS": "eu", "A1F83G8C2ARO7P": "eu", "A13V1IB3VIYZZH": "eu",
	"AMEN7PMS3EDWL": "eu", "A1805IZSGTT6HS": "eu", "A1PA6795UKMFR9": "eu", "APJ6JRA9NG5V4": "eu",
	"A2NODRKZP88ZB9": "eu", "AE08WJ6YKNBMC": "eu", "A1C3SOZRARQ6R3": "eu", "ARBP9OOSHTCHU": "eu",
	"A33AVAJ2PDY3EV": "eu", "A17E79C6D8DWNP": "eu", "A2VIGQ35RCS4UG": "eu", "A21TJRUUN4KGV": "eu",
	"A19VAU5U5O7RUS": "fe", "A39IBJ37TRP1C6": "fe", "A1VC38T7YXB528": "fe",
}

// checkEndpoint refuses an endpoint that would get credentials over a connection that
// others can read.
func checkEndpoint(endpoint string) error {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("want an https URL without user and query")
	}
	if u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()) {
		return nil
	}
	return fmt.Errorf("credentials are sent there: want https, or http on this machine")
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
