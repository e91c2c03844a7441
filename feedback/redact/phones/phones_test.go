package phones_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"cairncx.dev/cairn/feedback/redact"
	"cairncx.dev/cairn/feedback/redact/phones"
)

// TestEveryRegion: libphonenumber's example of each region is a number of its plan, in national form and in international form, and
// without the plan the scanner finds the international form.
func TestEveryRegion(t *testing.T) {
	t.Parallel()
	r, err := redact.New()
	if err != nil {
		t.Fatal(err)
	}
	for region := range phonenumbers.GetSupportedRegions() {
		p, err := phones.New(strings.ToLower(region))
		if err != nil {
			t.Errorf("%s: %v", region, err)
			continue
		}
		example := phonenumbers.GetExampleNumber(region)
		want := phonenumbers.Format(example, phonenumbers.E164)
		national := phonenumbers.NormalizeDigitsOnly(phonenumbers.Format(example, phonenumbers.NATIONAL))
		for _, digits := range []string{want, "00" + want[1:], national} {
			if got, ok := p.Phone(digits); !ok || got != want {
				t.Errorf("%s: Phone(%s) = %s, %v, want %s", region, digits, got, ok, want)
			}
		}
		for _, written := range []string{want, phonenumbers.Format(example, phonenumbers.INTERNATIONAL)} {
			if got := r.Text("number " + written + ", please"); len(want) > len("+2907123") && got != "number [phone], please" {
				t.Errorf("%s: %s became %s", region, written, got)
			}
		}
	}
}

// TestCallingCodes: the scanner takes a number for an international one if, and only if, libphonenumber knows the country's code.
func TestCallingCodes(t *testing.T) {
	t.Parallel()
	r, err := redact.New()
	if err != nil {
		t.Fatal(err)
	}
	known := phonenumbers.GetSupportedCallingCodes()
	for code := 200; code < 1000; code++ {
		got := r.Text(fmt.Sprintf("+%d2345678", code)) == "[phone]"
		if want := known[code] || known[code/10] || known[code/100]; got != want {
			t.Errorf("+%d is a number: %v, want %v", code, got, want)
		}
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		regions      []string
		want         string
	}{
		{"none", "without a region there is no plan", nil, "0 regions"},
		{"too many", "each costs a look", strings.Fields(strings.Repeat("DE ", phones.MaxRegions+1)), "17 regions"},
		{"a language", "en is no region", []string{"DE", "en"}, `"en"`},
		{"nothing", "an empty setting", []string{""}, `""`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if p, err := phones.New(c.regions...); p != nil || !errors.Is(err, phones.ErrRegion) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("New returned %v, %v, want an error with %s: %s", p, err, c.want, c.reason)
			}
		})
	}
}

func TestPhone(t *testing.T) {
	t.Parallel()
	p, err := phones.New("DE", "GB", "DE")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, reason, digits, want string
	}{
		{"Berlin", "Bundesnetzagentur: 030 23125 000 to 999 are for fiction", "03023125012", "+493023125012"},
		{"London", "Ofcom: 020 7946 0000 to 0999 are for fiction; the second region has it", "02079460018", "+442079460018"},
		{"abroad", "the plan of the country", "+12025550143", "+12025550143"},
		{"without the national prefix", "Germans write the zero", "3023125012", ""},
		{"an order", "no plan has it", "0000000000", ""},
		{"nonsense", "the scanner never asks so", "tel:;phone-context=;ext=", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got, ok := p.Phone(c.digits); got != c.want || ok != (c.want != "") {
				t.Errorf("Phone(%s) = %s, %v, want %s: %s", c.digits, got, ok, c.want, c.reason)
			}
		})
	}
	if _, ok := (*phones.Plans)(nil).Phone("1234567"); !ok {
		t.Error("nil Plans rule a number out")
	}
}

func FuzzPhone(f *testing.F) {
	p, err := phones.New("DE", "US", "IT")
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{"03023125012", "+12025550143", "0039061234567", "+", "00", "tel:;phone-context=+"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if e164, ok := p.Phone(s); ok && e164 != "" && !strings.HasPrefix(e164, "+") {
			t.Errorf("Phone(%q) = %q", s, e164)
		}
	})
}
