package phones

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"cairncx.dev/cairn/feedback/redact"
)

// MaxRegions is the greatest number of regions of [New]. A candidate costs one look into the plan of each.
const MaxRegions = 16

// ErrRegion is wrapped by the errors of [New].
var ErrRegion = errors.New("phones: the numbering plans cannot be used")

// Plans knows the numbering plans of some regions, and the international form of all of them. It is safe for concurrent use. A nil
// Plans takes every candidate for a number, because it cannot rule it out.
type Plans struct {
	regions []string
}

var _ redact.Phones = (*Plans)(nil)

// New returns the plans of these regions, 1 to [MaxRegions] codes of ISO 3166-1 such as "DE": those that customers write from. It
// returns an error that wraps [ErrRegion] and names each region that is not known.
func New(regions ...string) (*Plans, error) {
	if len(regions) == 0 || len(regions) > MaxRegions {
		return nil, fmt.Errorf("%w: %d regions: give 1 to %d, such as \"DE\"", ErrRegion, len(regions), MaxRegions)
	}
	known := phonenumbers.GetSupportedRegions()
	p := &Plans{}
	var errs []error
	for _, r := range regions {
		code := strings.ToUpper(r)
		if !known[code] {
			errs = append(errs, fmt.Errorf("%w: %q is no region: give the two letters of ISO 3166-1, such as \"DE\"", ErrRegion, r))
			continue
		}
		if !slices.Contains(p.regions, code) {
			p.regions = append(p.regions, code)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return p, nil
}

// Phone implements [redact.Phones]: a number is one if the plan of a region has it, or if it is in international form and the
// plan of its country has it.
func (p *Plans) Phone(digits string) (e164 string, ok bool) {
	if p == nil {
		return "", true
	}
	defer func() {
		if recover() != nil { // the library has been wrong about hostile input before
			e164, ok = "", true
		}
	}()
	if strings.HasPrefix(digits, "00") {
		if e164, ok = valid("+"+digits[2:], "ZZ"); ok {
			return e164, true
		}
	}
	if strings.HasPrefix(digits, "+") {
		return valid(digits, "ZZ")
	}
	for _, r := range p.regions {
		if e164, ok = valid(digits, r); ok {
			return e164, true
		}
	}
	return "", false
}

func valid(digits, region string) (e164 string, ok bool) {
	n, err := phonenumbers.ParseAndKeepRawInput(digits, region)
	if err != nil || !phonenumbers.IsValidNumber(n) || !phonenumbers.IsNationalPrefixPresentIfRequired(n) {
		return "", false
	}
	return phonenumbers.Format(n, phonenumbers.E164), true
}
