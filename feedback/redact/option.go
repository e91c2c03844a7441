package redact

import (
	"errors"
	"fmt"
)

// Option is an option of [New].
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (o optionFunc) apply(c *config) { o(c) }

type config struct {
	off       [lastKind + 1]bool
	pseudonym bool
	key       []byte
	phones    Phones
	faults    []error
}

// minKey is the shortest key of [WithPseudonyms] in bytes.
const minKey = 16

// Phones decides which numbers are telephone numbers. Package phones has one. A Redactor calls Phone concurrently.
type Phones interface {
	// Phone returns the number in the form of E.164, such as +12025550143, and whether it is a telephone number. The digits
	// are 7 to 17 ASCII digits, behind a plus sign if the customer wrote one. Spaces and punctuation are removed.
	Phone(digits string) (e164 string, ok bool)
}

// WithPhones sets what decides about telephone numbers in national form, such as 030 23125 012. Only [Redactor.Text],
// [Redactor.Find] and [Redactor.Event] ask it, [Redactor.Quick] does not. New returns an error for nil. Default: none. The
// Redactor then finds the numbers that need no look into a country's plan: international ones (+49 30 23125 012), those behind a
// word such as "call" or "Tel.", and those in the North American form (202-555-0143).
func WithPhones(p Phones) Option {
	return optionFunc(func(c *config) {
		if p == nil {
			c.faults = append(c.faults, errors.New("WithPhones(nil): give it phones.New"))
		}
		c.phones = p
	})
}

// WithHandles finds names such as @jane too. Default: they stay.
func WithHandles() Option {
	return optionFunc(func(c *config) { c.off[Handle] = false })
}

// Without leaves texts of these kinds as they are. New returns an error for a number that stands for no kind. Default: all kinds
// are found, except [Handle].
func Without(kinds ...Kind) Option {
	return optionFunc(func(c *config) {
		for _, k := range kinds {
			if k == 0 || k > lastKind {
				c.faults = append(c.faults, fmt.Errorf("Without(%v): that is no kind: redact.Kinds lists them", k))
				continue
			}
			c.off[k] = true
		}
	})
}

// WithPseudonyms gives each mark a pseudonym, as in [email:3f9a62c1]: the first 32 bits of an HMAC-SHA-256 of the kind and of
// what was found, under the key. Equal addresses have equal pseudonyms, however they are written, so that a reader sees that two
// comments name the same one. Two different ones have the same pseudonym once in four billion pairs. [Secret] and
// [Credentials] get none. The key is a secret of at least 16 bytes, and New returns an error for a shorter one: whoever has it
// can test guesses. Use another key than that of cx.WithCustomerKey. New copies the key. Default: marks without pseudonyms.
func WithPseudonyms(key []byte) Option {
	key = append([]byte(nil), key...)
	return optionFunc(func(c *config) {
		if len(key) < minKey {
			c.faults = append(c.faults, fmt.Errorf("WithPseudonyms: the key has %d bytes: give it at least %d random ones", len(key), minKey))
		}
		c.pseudonym, c.key = true, key
	})
}
