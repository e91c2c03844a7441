package redact

import "fmt"

// Kind is a kind of personal data or secret that a [Redactor] finds. Its String is the word in the mark that replaces what was
// found, such as email in [email].
type Kind uint8

const (
	// Email is an e-mail address, also one that is written as jane (at) example (dot) com.
	Email Kind = iota + 1
	// Phone is a telephone number. [WithPhones] says which national forms are found.
	Phone
	// Card is the number of a payment card: an issuer's range, one of its lengths, and the check digit of Luhn's formula
	// (ISO/IEC 7812-1).
	Card
	// IBAN is an international bank account number (ISO 13616): a country's code, its length, and the check digits.
	IBAN
	// NationalID is a number that a state gives a person. The package comment lists them.
	NationalID
	// Secret is a key, a token, a password behind its name, a PIN or a card's verification code.
	Secret
	// Credentials are the user and password in a URL. The rest of the URL stays.
	Credentials
	// Handle is a name such as @jane. It is found with [WithHandles] only.
	Handle
)

// lastKind is the greatest Kind.
const lastKind = Handle

// String returns the word in the mark, and "Kind(n)" for a number that stands for no kind.
func (k Kind) String() string {
	switch k {
	case Email:
		return "email"
	case Phone:
		return "phone"
	case Card:
		return "card"
	case IBAN:
		return "iban"
	case NationalID:
		return "id"
	case Secret:
		return "secret"
	case Credentials:
		return "credentials"
	case Handle:
		return "handle"
	default:
		return fmt.Sprintf("Kind(%d)", uint8(k))
	}
}

// Kinds returns all kinds, in the order of their numbers.
func Kinds() []Kind {
	all := make([]Kind, 0, lastKind)
	for k := Kind(1); k <= lastKind; k++ {
		all = append(all, k)
	}
	return all
}

// kindOf returns the kind with this word, or 0.
func kindOf(word []byte) Kind {
	for k := Kind(1); k <= lastKind; k++ {
		if string(word) == k.String() {
			return k
		}
	}
	return 0
}
