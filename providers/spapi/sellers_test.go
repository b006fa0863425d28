package spapi

import (
	"os"
	"strings"
	"testing"

	"github.com/leat-io/leat/internal/conf"
)

func TestSellersAreReadFromEitherFile(t *testing.T) {
	t.Setenv("SHOP_TOKEN", "Atzr|a")
	files := map[string]string{
		"sellers.yaml": "- {name: a, id: A1, refresh_token: '${SHOP_TOKEN}', marketplaces: A1PA6795UKMFR9}\n- {name: b, refresh_token: Atzr|b}\n",
		"below.yml":    "sellers:\n  - {name: a, id: A1, refresh_token: Atzr|a, region: eu}\n  - {name: b, refresh_token: Atzr|b, region: na}\n",
		"sellers.csv":  "\ufeffname,id,refresh_token,marketplaces\na,A1,Atzr|a,A1PA6795UKMFR9; APJ6JRA9NG5V4\nb,,Atzr|b,\n",
	}
	for name, text := range files {
		all, err := readSellers(write(t, name, text), "na")
		if err != nil || len(all) != 2 {
			t.Errorf("%s: %v, %v", name, all, err)
			continue
		}
		if a := all[0]; a.String() != "a (A1)" || a.RefreshToken != "Atzr|a" || a.Region != "eu" {
			t.Errorf("%s: %+v", name, a)
		}
		if b := all[1]; b.String() != "b" || b.RefreshToken != "Atzr|b" || b.Region != "na" {
			t.Errorf("%s: %+v", name, b)
		}
	}
}

func TestSellersThatCannotBeUsedAreRefusedWithoutTheirTokens(t *testing.T) {
	for want, file := range map[string][2]string{
		`unknown setting "refresh_tokn"; did you mean "refresh_token"?`: {"s.yaml", "- {name: a, refresh_tokn: Atzr|secret}\n"},
		`region: want na, eu or fe`:                                     {"s.yaml", "- {name: a, region: Atzr|secret, refresh_token: x}\n"},
		`s.csv:2: region: want na, eu or fe`:                            {"s.csv", "name,refresh_token,region\na,na,Atzr|secret\n"},
		`s.csv:2: name: want up to 64 bytes, and no token`:              {"s.csv", "name,refresh_token,region\nAtzr|secret,a,na\n"},
		`s.yaml:1:17: id: want up to 64 bytes, and no token`:            {"s.yaml", "- {name: a, id: Atzr|secret, refresh_token: x}\n"},
		`the region of a marketplace, which is no id of one, is not kn`: {"s.csv", "name,refresh_token,marketplaces\na,x,Atzr|secret\n"},
		`is in region na, not eu`:                                       {"s.yaml", "- {name: a, refresh_token: Atzr|secret, marketplaces: [A1PA6795UKMFR9, ATVPDKIKX0DER]}\n"},
		`the region of marketplace "A0123456789" is not known`:          {"s.csv", "name,refresh_token,marketplaces\na,Atzr|secret,A0123456789\n"},
		`two sellers are named "a"`:                                     {"s.csv", "name,refresh_token,region\na,Atzr|secret,eu\na,Atzr|secret2,eu\n"},
		`sellers "a" and "b" have the same token`:                       {"s.csv", "name,refresh_token,region\na,Atzr|secret,eu\nb,Atzr|secret,eu\n"},
		`seller "a" has no region`:                                      {"s.csv", "name,refresh_token\na,Atzr|secret\n"},
		`column 2 has none of the names`:                                {"s.csv", "name,Atzr|secret\na,b\n"},
		`wrong number of fields`:                                        {"s.csv", "name,refresh_token\na,Atzr|secret,eu\n"},
		`0 sellers`:                                                     {"s.csv", "name,refresh_token\n"},
		`a seller needs a name and a refresh_token`:                     {"s.yaml", "- {name: a, refresh_token: ''}\n"},
		`want a seller as`:                                              {"s.yaml", "- Atzr|secret\n"},
		`want a list`:                                                   {"s.yaml", "Atzr|secret\n"},
		`larger than`:                                                   {"s.csv", strings.Repeat("Atzr|secret,", 1<<20)},
	} {
		_, err := readSellers(write(t, file[0], file[1]), "")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		} else if strings.Contains(err.Error(), "secret") && !strings.Contains(want, "secret") {
			t.Errorf("a token is in the error: %v", err)
		}
	}
}

func TestSettingsOfSetupAreChecked(t *testing.T) {
	r := newRig(t, nil).createQueue(nil)
	good := "client_id: client\nclient_secret: secret\nsellers: " + r.config.Sellers + "\ntypes: [ORDER_CHANGE, {type: ANY_OFFER_CHANGED, version: \"1.0\"}]\nendpoint: " + r.amazon.URL + "\ntoken_endpoint: " + r.amazon.TokenURL + "\n"
	for want, text := range map[string]string{
		"":                                    good,
		`"client_id" is required`:             "types: ORDER_CHANGE\n",
		"credentials are sent there":          strings.Replace(good, r.amazon.URL+"\n", "http://example.com\n", 1),
		`"order" is no type of notifications`: strings.Replace(good, "ORDER_CHANGE", "order", 1),
		"is in the list twice":                strings.Replace(good, "ANY_OFFER_CHANGED", "ORDER_CHANGE", 1),
		"test: needs sandbox: true":           good + "test: true\n",
		"12 digits of an AWS account":         good + "event_bridge: {account_id: 7, region: eu-west-1}\n",
	} {
		n, p := conf.Parse([]conf.Source{{Name: "f.yaml", Data: []byte(text)}}, nil, os.ReadFile)
		made, err := Setup.Plan(t.Context(), n, r.env, p)
		switch {
		case want == "" && (err != nil || len(made.Steps) != 7):
			t.Errorf("%v", err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v", want, err)
		}
	}
}
