package redact_test

import (
	"fmt"
	"strings"
	"testing"

	"cairncx.dev/cairn/feedback/redact"
)

// TestNationalIDs: the examples that authorities and encyclopedias print are found, and with another check digit they are not.
func TestNationalIDs(t *testing.T) {
	t.Parallel()
	r := must(t)
	for _, c := range []struct {
		name, source string
		before       string   // the word that the number needs
		written      []string // ways to write it
		checked      bool     // it has a check digit
	}{
		{"Belgium", "Wikipedia, Rijksregisternummer", "", []string{"85.07.30-033.28", "85073003328"}, true},
		{"Brazil", "Receita Federal's documentation", "", []string{"529.982.247-25", "52998224725"}, true},
		{"Canada", "Wikipedia, Social Insurance Number", "SIN ", []string{"046 454 286", "046-454-286", "046454286"}, true},
		{"China", "Wikipedia, Resident Identity Card", "", []string{"11010519491231002X", "11010519491231002x"}, true},
		{"Finland", "Väestörekisterikeskus", "", []string{"131052-308T", "131052-308t"}, true},
		{"France", "Wikipedia, Numéro de sécurité sociale", "", []string{"2 55 08 14 168 025 38", "255081416802538"}, true},
		{"France, Corsica", "computed with 2A for 19, as INSEE says", "", []string{"1 85 05 2A 004 003 " + corsicanKey(), "185052A004003" + corsicanKey()}, true},
		{"Germany", "Bundeszentralamt für Steuern", "", []string{"86095742719", "86 095 742 719", "47036892816", "65929970489"}, true},
		{"India", "UIDAI's tests", "", []string{"2341 2341 2346", "2341-2341-2346", "9999 4105 7058", "9999 7165 8847", "9999 3311 9405", "9999 5518 3433", "9999 9050 1894"}, true},
		{"India, without groups", "UIDAI's tests", "Aadhaar ", []string{"234123412346"}, true},
		{"Italy", "Agenzia delle Entrate", "", []string{"RSSMRA85T10A562S", "rssmra85t10a562s", "RSS MRA 85T10 A562S", "MRTMTT91D08F205J"}, true},
		{"the Netherlands", "RvIG's tests", "BSN ", []string{"111222333", "123456782", "1234.56.782"}, true},
		{"Poland", "Wikipedia, PESEL", "", []string{"44051401359", "02070803628"}, true},
		{"Spain, DNI", "Ministerio del Interior", "", []string{"12345678Z", "12345678-Z", "12.345.678-Z", "12345678 z"}, true},
		{"Spain, NIE", "Ministerio del Interior", "", []string{"X1234567L", "X-1234567-L", "x1234567l"}, true},
		{"Sweden", "Skatteverket's tests", "", []string{"811228-9874", "19811228-9874"}, true},
		{"Sweden, without a dash", "Skatteverket's tests", "personnummer ", []string{"8112289874", "198112289874"}, true},
		{"Switzerland", "Zentrale Ausgleichsstelle", "", []string{"756.9217.0769.85", "7569217076985"}, true},
		{"the UK", "HMRC, NIM39110", "", []string{"AB123456C", "AB 12 34 56 C", "ab123456c"}, false},
		{"the US", "SSA, retired numbers", "", []string{"078-05-1120", "219-09-9999"}, false},
		{"the US, without dashes", "SSA, retired numbers", "SSN: ", []string{"078051120", "078 05 1120"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, number := range c.written {
				if got := r.Text("it is " + c.before + number + ", no?"); got != "it is "+c.before+"[id], no?" {
					t.Errorf("%s became %q (%s)", number, got, c.source)
				}
				if wrong := another(number); c.checked && strings.Contains(r.Text("it is "+c.before+wrong+", no?"), "[id]") {
					t.Errorf("%s has a wrong check digit, and is taken for %s", wrong, number)
				}
				if longer := "it is " + c.before + number + "1, no?"; strings.Contains(r.Text(longer), "[id]") {
					t.Errorf("%q is longer, and is taken for a number", longer)
				}
				if c.before != "" && strings.Contains(r.Text("it is "+number+", no?"), "[id]") {
					t.Errorf("%s is found without %q", number, c.before)
				}
			}
		})
	}
	for _, c := range []struct{ name, reason, in string }{
		{"area 000", "SSA: never given", "000-12-3456"},
		{"area 666", "SSA: never given", "666-12-3456"},
		{"area 900", "SSA: never given", "900-12-3456"},
		{"group 00", "SSA: never given", "078-00-1120"},
		{"serial 0000", "SSA: never given", "078-05-0000"},
		{"letters D and O", "HMRC: not in use", "DA123456C, AO123456C"},
		{"letters GB", "HMRC: not in use", "GB123456C"},
		{"suffix E", "HMRC: A to D", "AB123456E"},
		{"eleven ones", "Receita Federal: passes the checks, and is none", "111.111.111-11"},
		{"month 13", "no date", "44131401353"},
		{"a digit four times", "Bundeszentralamt für Steuern: at most three times", "11112345670"},
		{"Aadhaar behind a parcel", "the word says what it is", "parcel 2341 2341 2346"},
		{"a part", "it belongs to a longer number", "2341 2341 2346 7890, 12-078-05-1120, 078-05-1120-7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := r.Text(c.in); strings.Contains(got, "[id]") {
				t.Errorf("%q became %q: %s", c.in, got, c.reason)
			}
		})
	}
}

// corsicanKey is the key of 1850519004003, with 19 for 2A: 97 less the rest by 97.
func corsicanKey() string { return fmt.Sprintf("%02d", 97-1850519004003%97) }

// another returns the number with another last character.
func another(number string) string {
	last := number[len(number)-1]
	switch {
	case last == '9':
		last = '0'
	case last == 'Z' || last == 'z':
		last = 'A'
	default:
		last++
	}
	return number[:len(number)-1] + string(last)
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	texts{
		{"AWS", "AWS's documentation", "key AKIAIOSFODNN7EXAMPLE.", "key [secret]."},
		{"GitHub", "ghp_ and 36 characters", "ghp_0123456789abcdefghijABCDEFGHIJ012345", "[secret]"},
		{"Stripe", "test keys open accounts too", `"sk_test_4eC39HqLyjWDarjtT1zdp7dc"`, `"[secret]"`},
		{"Slack", "a bot's token", "xoxb-123456789012-1234567890123-abcdefghijABCDEFGHIJ1234", "[secret]"},
		{"JWT", "RFC 7519, section 3.1", "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "[secret]"},
		{"PEM", "RFC 7468", "a\n-----BEGIN PRIVATE KEY-----\nMIIE\nvQIB\n-----END PRIVATE KEY-----\nb", "a\n[secret]\nb"},
		{"PEM, cut", "the end is missing", "-----BEGIN EC PRIVATE KEY-----\nMIIE", "[secret]"},
		{"PEM with a number in its head", "no rule looks across a finding", "-----BEGIN +49 30 23125 012 and whatever is between them in a long line of text, PRIVATE KEY-----", "-----BEGIN [phone] and whatever is between them in a long line of text, PRIVATE KEY-----"},
		{"a certificate", "it is public", "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----", "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----"},
		{"Bearer", "RFC 6750", "Authorization: Bearer mF_9.B5f-4.1JqMx", "Authorization: Bearer [secret]"},
		{"a bearer of news", "an ordinary word", "the bearer responsibilities of this form", "the bearer responsibilities of this form"},
		{"random", "base64 of 30 bytes", "it says q7Vt0ZpXwK3mYs9LrB2dHf6JcN8gTa1e", "it says [secret]"},
		{"random, from a digit", "the same", "9q7Vt0ZpXwK3mYs9LrB2dHf6JcN8gTa1e", "[secret]"},
		{"too short", "31 characters", "q7Vt0ZpXwK3mYs9LrB2dHf6JcN8gTa1", "q7Vt0ZpXwK3mYs9LrB2dHf6JcN8gTa1"},
		{"password:", "a name and a value", "password: hunter2, user: jane", "password: [secret], user: jane"},
		{"password is", "as people say it", "my password is hunter2!", "my password is [secret]!"},
		{"Passwort", "German", "Passwort lautet Geheim!1", "Passwort lautet [secret]"},
		{"in JSON", "with quotation marks", `{"api_key": "f00ba4", "user": "jane"}`, `{"api_key": "[secret]", "user": "jane"}`},
		{"in a URL", "the value ends at &", "https://example.com/?access_token=abcdef&x=1", "https://example.com/?access_token=[secret]&x=1"},
		{"no value", "a word is an opinion", "password: wrong, token: expired, the secret is out", "password: wrong, token: expired, the secret is out"},
		{"PIN", "digits", "PIN 4711, pin: 123456, my pin is 4711.", "PIN [secret], pin: [secret], my pin is [secret]."},
		{"PIN code of a place", "three or seven digits and letters are none", "pin 100 notes, pin 1234567, pin A123, pins 4711", "pin 100 notes, pin 1234567, pin A123, pins 4711"},
		{"a path", "pictures have such names", "https://img.example/q7Vt0ZpXwK3mYs9LrB2dHf6JcN8gTa1e.png", "https://img.example/q7Vt0ZpXwK3mYs9LrB2dHf6JcN8gTa1e.png"},
		{"what something is", "only a password is said to be a value", "the API is v2.1.0, the pass is 3days old", "the API is v2.1.0, the pass is 3days old"},
		{"CVV", "a card's verification code", "CVV: 123, CVC 1234", "CVV: [secret], CVC [secret]"},
		{"credentials", "RFC 3986, userinfo", "https://jane:pa:ss@example.com/x?y=@z", "https://[credentials]@example.com/x?y=@z"},
		{"no credentials", "the @ is in the path", "https://example.com/@jane", "https://example.com/@jane"},
	}.run(t)
}

// TestAsked: a text full of numbers asks a bounded number of times, and what was not asked about is redacted.
func TestAsked(t *testing.T) {
	t.Parallel()
	var p counting
	r := must(t, redact.WithPhones(&p))
	in := strings.TrimSuffix(strings.Repeat("030 23125 012 x ", 40), " ")
	got := r.Text(in)
	const most = 16
	if p.asked != most || strings.Count(got, "[phone]") != 40-most {
		t.Errorf("Phones was asked %d times, want %d, and %d numbers were redacted, want %d", p.asked, most, strings.Count(got, "[phone]"), 40-most)
	}
	if again := r.Text(got); again != got {
		t.Errorf("again it became %q", again)
	}
}

// counting is a Phones that rules everything out, and counts.
type counting struct{ asked int }

func (c *counting) Phone(string) (string, bool) { c.asked++; return "", false }
