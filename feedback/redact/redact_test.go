package redact_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback/redact"
)

// must returns a redactor.
func must(t testing.TB, opts ...redact.Option) *redact.Redactor {
	t.Helper()
	r, err := redact.New(opts...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// texts is a table of texts and of what Text makes of them.
type texts []struct{ name, reason, in, want string }

func (all texts) run(t *testing.T, opts ...redact.Option) {
	t.Helper()
	r := must(t, opts...)
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := r.Text(c.in)
			if got != c.want {
				t.Errorf("%q became\n%q, want\n%q: %s", c.in, got, c.want, c.reason)
			}
			if again := r.Text(got); again != got {
				t.Errorf("%q became %q when it was redacted again", got, again)
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	texts{
		{"plain", "RFC 5322", "to jane@example.com, please", "to [email], please"},
		{"at the end of a sentence", "the full stop is the sentence's", "jane@example.com.", "[email]."},
		{"in brackets", "RFC 5322, angle-addr", "Jane <jane@example.com>", "Jane <[email]>"},
		{"atoms", "RFC 5322, atext", "o'neil+x.y_z!#$%*-^`{|}~@example.com", "[email]"},
		{"in a URL", "the rest of the URL stays", "https://shop.example/?mail=jane@example.com&x=1", "https://shop.example/?mail=[email]&x=1"},
		{"quoted", "RFC 5322, quoted-string", `"jane doe"@example.com`, "[email]"},
		{"an unclosed quote", "that is no local part", `jane"@example.com`, `jane"@example.com`},
		{"subdomains", "all of it", "jane@mail.eu.example.co.uk!", "[email]!"},
		{"other scripts", "RFC 6531", "иван@пример.рф", "[email]"},
		{"full width", "a phone's keyboard writes it", "ｊａｎｅ＠ｅｘａｍｐｌｅ．ｃｏｍ", "[email]"},
		{"zero width", "a reader does not see it", "jane\u200b@exam\u00adple.com", "[email]"},
		{"wrapped", "mail programs break lines at the @", "jane@\nexample.com", "[email]"},
		{"digits", "it is an address and no number", "4111111111111111@example.com", "[email]"},
		{"digits behind", "what follows a domain belongs to it", "jane@example.com4111", "[email]"},
		{"two", "each by itself", "a@example.com;b@example.org", "[email];[email]"},
		{"chained", "the second @ has no local part", "a@example.com@example.org", "[email]@example.org"},
		{"spelled in brackets", "people hide addresses so", "jane (at) example (dot) com", "[email]"},
		{"spelled, half", "the dots may be dots", "jane[at]example.com", "[email]"},
		{"spelled in words", "with a dot in words", "jane dot doe at example dot com", "jane dot [email]"},
		{"at home", "an ordinary at", "meet me at home, at 10.30 or at example.com", "meet me at home, at 10.30 or at example.com"},
		{"no domain", "a host's name is not enough", "root@localhost, @example, a@b", "root@localhost, @example, a@b"},
		{"price", "at a price", "3 @ 4.50", "3 @ 4.50"},
		{"a version", "npm writes versions so", "left-pad@1.3.0", "left-pad@1.3.0"},
	}.run(t)
}

func TestCards(t *testing.T) {
	t.Parallel()
	texts{
		{"Visa", "test number of the scheme", "4111111111111111", "[card]"},
		{"Visa, groups", "as it is printed", "4111 1111 1111 1111", "[card]"},
		{"dashes", "as it is typed", "4111-1111-1111-1111", "[card]"},
		{"Mastercard, new range", "2221 to 2720", "2223 0031 2200 3222", "[card]"},
		{"American Express", "15 digits, 4-6-5", "3782 822463 10005", "[card]"},
		{"Diners Club", "14 digits, 4-6-4", "3056 930902 5904", "[card]"},
		{"JCB", "3528 to 3589", "3530111333300000", "[card]"},
		{"UnionPay", "19 digits", "6205500000000000004", "[card]"},
		{"wrapped", "a line break inside", "4111 1111\n1111 1111", "[card]"},
		{"digit by digit", "read aloud", "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "[card]"},
		{"full width", "digits of another keyboard", "４１１１　１１１１　１１１１　１１１１", "[card]"},
		{"Arabic digits", "digits of another script", "٤١١١ ١١١١ ١١١١ ١١١١", "[card]"},
		{"Unicode dashes", "word processors change them", "4111–1111—1111−1111", "[card]"},
		{"zero width", "a reader does not see it", "4111\u200b1111\u20601111\ufeff1111", "[card]"},
		{"keycaps", "emoji", "4️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣", "[card]"},
		{"struck through", "a mark on each digit", "4\u03361\u03361\u03361\u0336 1111 1111 1111", "[card]"},
		{"behind a word", "without a space", "visa4111111111111111", "visa[card]"},
		{"with date and code", "the code is a secret", "4111 1111 1111 1111 12/27 CVC 123", "[card] 12/27 CVC [secret]"},
		{"wrong check digit", "Luhn", "4111 1111 1111 1112", "4111 1111 1111 1112"},
		{"wrong length", "Visa has 16 or 19", "411111111111116", "411111111111116"},
		{"no issuer", "nobody issues 9999", "9999 9999 9999 9995", "9999 9999 9999 9995"},
		{"part of a longer one", "20 digits are no card", "41111111111111110000", "41111111111111110000"},
		{"IMEI", "15 digits with Luhn's check digit, which is no issuer's", "490154203237518", "490154203237518"},
		{"an order", "groups of 3, 7 and 7, with the right check digit for a range of UnionPay", "810-2517121-2024582", "810-2517121-2024582"},
		{"in pairs", "read aloud", "41 11 11 11 11 11 11 11", "[card]"},
		{"slashes", "no one writes a card so", "4111/1111/1111/1111", "4111/1111/1111/1111"},
	}.run(t)
}

// TestAccounts: the examples of the IBAN registry (SWIFT, release 99).
func TestAccounts(t *testing.T) {
	t.Parallel()
	r := must(t)
	for _, iban := range strings.Fields(`AD1200012030200359100100 AE070331234567890123456 AL47212110090000000235698741 AT611904300234573201
		AZ21NABZ00000000137010001944 BA391290079401028494 BE68539007547034 BG80BNBG96611020345678 BH67BMAG00001299123456
		BR1800360305000010009795493C1 BY13NBRB3600900000002Z00AB00 CH9300762011623852957 CR05015202001026284066 CY17002001280000001200527600
		CZ6508000000192000145399 DE89370400440532013000 DK5000400440116243 DO28BAGR00000001212453611324 EE382200221020145685
		EG380019000500000000263180002 ES9121000418450200051332 FI2112345600000785 FO6264600001631634 FR1420041010050500013M02606 GB29NWBK60161331926819
		GE29NB0000000101904917 GI75NWBK000000007099453 GL8964710001000206 GR1601101250000000012300695 GT82TRAJ01020000001210029690
		HR1210010051863000160 HU42117730161111101800000000 IE29AIBK93115212345678 IL620108000000099999999 IQ98NBIQ850123456789012
		IS140159260076545510730339 IT60X0542811101000000123456 JO94CBJO0010000000000131000302 KW81CBKU0000000000001234560101 KZ86125KZT5004100100
		LB62099900000001001901229114 LC55HEMM000100010012001200023015 LI21088100002324013AA LT121000011101001000 LU280019400644750000
		LV80BANK0000435195001 MC5811222000010123456789030 MD24AG000225100013104168 ME25505000012345678951 MK07250120000058984
		MR1300020001010000123456753 MT84MALT011000012345MTLCAST001S MU17BOMM0101101030300200000MUR NL91ABNA0417164300 NO9386011117947
		PK36SCBL0000001123456702 PL61109010140000071219812874 PS92PALS000000000400123456702 PT50000201231234567890154 QA58DOHB00001234567890ABCDEFG
		RO49AAAA1B31007593840000 RS35260005601001611379 SA0380000000608010167519 SC18SSCB11010000000000001497USD SE4550000000058398257466
		SI56263300012039086 SK3112000000198742637541 SM86U0322509800000000270100 ST68000100010051845310112 SV62CENR00000000000000700025
		TL380080012345678910157 TN5910006035183598478831 TR330006100519786457841326 UA213996220000026007233566001 VA59001123000012345678
		VG96VPVG0000012345678901 XK051212012345678906`) {
		var grouped strings.Builder
		for i, b := range []byte(iban) {
			if i > 0 && i%4 == 0 {
				grouped.WriteByte(' ')
			}
			grouped.WriteByte(b)
		}
		for _, written := range []string{iban, strings.ToLower(iban), grouped.String(), strings.ReplaceAll(grouped.String(), " ", "-")} {
			if got := r.Text("to " + written + ", please"); got != "to [iban], please" {
				t.Errorf("%s became %s", written, got)
			}
		}
		wrong := []byte(iban)
		wrong[len(wrong)-1] ^= 1 // another digit or letter
		if got := r.Text(string(wrong)); strings.Contains(got, "[iban]") {
			t.Errorf("%s is no account number, and became %s", wrong, got)
		}
	}
	texts{
		{"behind the country a space", "people write it", "IBAN DE 89 3704 0044 0532 0130 00", "IBAN [iban]"},
		{"too long", "one digit more", "DE893704004405320130001", "DE893704004405320130001"},
		{"a word", "in is no country, de is one", "de 50 euros, in 12 days", "de 50 euros, in 12 days"},
	}.run(t)
}

func TestPhones(t *testing.T) {
	t.Parallel()
	texts{
		{"E.164", "FCC: 555-0100 to 555-0199 are for fiction", "+12025550143", "[phone]"},
		{"with spaces", "ITU-T E.123", "+44 20 7946 0018", "[phone]"},
		{"with the national zero", "people write both", "+49 (0)30 23125 012", "[phone]"},
		{"00", "Europe's international prefix", "0049 30 23125 012", "[phone]"},
		{"North American", "the form is unmistakable", "(202) 555-0143 or 202-555-0143 or 1-202-555-0143 or 202.555.0143", "[phone] or [phone] or [phone] or [phone]"},
		{"behind a word", "it says that it is one", "call 020 7946 0018 or 07700900123", "call [phone] or 07700900123"},
		{"German", "the same", "Tel.: 030/23125-012", "Tel.: [phone]"},
		{"tel.", "an abbreviation", "tel.0612345678, Tel.(030)23125012, page.0612345678", "tel.[phone], Tel.[phone], page.0612345678"},
		{"tel:", "RFC 3966", "tel:+44-20-7946-0018", "tel:[phone]"},
		{"two on lines", "a line break ends the first", "+44 20 7946 0018\n+44 20 7946 0019", "[phone]\n[phone]"},
		{"behind a number's name", "a zero first, and nothing else says what it is", "my number is 020 7946 0018, unter 03023125012, number 20 7946 0018", "my number is [phone], unter [phone], number 20 7946 0018"},
		{"another number", "a word further away says more", "the order number is 020 7946 0018", "the order number is 020 7946 0018"},
		{"like a book", "the digits pass the check of an ISBN, and the groups are those of no book", "ring 070-174 06 39", "ring [phone]"},
		{"order", "it says that it is none", "call about order 1029384756", "call about order 1029384756"},
		{"no country", "no country has the code 999", "+999 123 456 789", "+999 123 456 789"},
		{"a score", "too short", "+5, +100, +100000", "+5, +100, +100000"},
		{"without plans", "a number in national form", "abends 030 23125 012", "abends 030 23125 012"},
	}.run(t)
}

// plans is a Phones that knows one number.
type plans struct{}

func (plans) Phone(digits string) (string, bool) { return "+493023125012", digits == "03023125012" }

func TestPlans(t *testing.T) {
	t.Parallel()
	texts{
		{"the number", "the plan has it", "abends 030 23125 012 da", "abends [phone] da"},
		{"without groups", "it begins with the zero that is dialled before", "abends 03023125012 da", "abends [phone] da"},
		{"another", "the plan does not have it", "abends 030 23125 013 da", "abends 030 23125 013 da"},
		{"the number of an order", "the word decides", "Bestellung 030 23125 012", "Bestellung 030 23125 012"},
		{"inside another", "a part is no number", "4711-030 23125 012, 030 23125 012-99 99 99", "4711-030 23125 012, 030 23125 012-99 99 99"},
	}.run(t, redact.WithPhones(plans{}))
	r := must(t, redact.WithPhones(plans{}))
	if got := r.Quick("abends 030 23125 012"); got != "abends 030 23125 012" {
		t.Errorf("Quick asked the plans: %s", got)
	}
}

// yes takes everything for a telephone number, so that only the scanner rules something out.
type yes struct{}

func (yes) Phone(digits string) (string, bool) { return digits, true }

// TestLeaves: what only looks like personal data stays, even if the plans would have it.
func TestLeaves(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in string }{
		{"order", "order 10293847561 and order no. 0012 3456 7890"},
		{"order with dashes", "order 302-1234567-7654321"},
		{"order in letters", "A-0012345678, INV-2026-0012345, #00123456789"},
		{"date", "01.02.2026, 2026-04-17, 17/04/2026, 4/17/26, 01-02-2026"},
		{"date and time", "01.02.2026 12:30, 2026-04-17T10:30:15.123456789Z"},
		{"dates", "01.02.2026-03.02.2026"},
		{"years", "2019-2024"},
		{"hours", "08.00-17.30, 08:00 - 17:30"},
		{"version", "v1.2.3, 10.0.19045.3803, 3.0.0-rc.1+20261129"},
		{"price", "1.299.000,00 EUR, $1,299,000.00, 12 345 678 €, 100 000 000 VND, 9 999 999 zł, 120000000 COP"},
		{"tracking", "1Z999AA10123456784, JJD000390007123456789, 00340434161094042557, parcel 9400 1000 0000 0000 0000 00"},
		{"ISBN", "978-3-16-148410-0, 0-306-40615-2"},
		{"coordinates", "52.520008, 13.404954"},
		{"address", "192.168.100.200, 2001:db8::8a2e:370:7334"},
		{"hashes", "3f786850e387550fdab836ed7e6dc881de23001b, d41d8cd98f00b204e9800998ecf8427e"},
		{"UUID", "550e8400-e29b-41d4-a716-446655440000"},
		{"percent", "100%, 99.999999%, 0123 456 789%"},
		{"amounts", "0123 456 789 $, 0123 456 789$, 0123 456 789 kg, 0123 456 789_x"},
		{"zeros", "000000000, 00 00 00 00 00"},
		{"code", "camelCaseNameOfAVeryLongFunctionInTheCode, SCREAMING_SNAKE_CASE_WITH_1_DIGIT, a_file-name_2026-04-17_of-some-length.tar.gz"},
		{"URL", "https://shop.example/orders/1029384756?ref=mail#top"},
		{"names", "Jane Doe, 12 High Street"},
		{"a wrong password", "my password is wrong, the token: expired"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := must(t, redact.WithPhones(yes{})).Text(c.in); got != c.in {
				t.Errorf("%q became %q", c.in, got)
			}
		})
	}
}

func TestHandles(t *testing.T) {
	t.Parallel()
	texts{
		{"a name", "the form of social networks", "ask @jane_doe.", "ask [handle]."},
		{"an address", "it is one", "jane@example.com", "[email]"},
		{"too short", "at a price", "3 @ 4.50, @1, @x", "3 @ 4.50, @1, @x"},
		{"behind an address", "it is a part of what was found", "a@example.com@jane", "[email]@jane"},
	}.run(t, redact.WithHandles())
	if got := must(t).Text("ask @jane_doe"); got != "ask @jane_doe" {
		t.Errorf("without the option it became %q", got)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		opts         []redact.Option
		want         []string
	}{
		{"no phones", "nil finds nothing", []redact.Option{redact.WithPhones(nil)}, []string{"WithPhones(nil)"}},
		{"a short key", "it can be guessed", []redact.Option{redact.WithPseudonyms([]byte("short"))}, []string{"5 bytes", "16"}},
		{"no kind", "a typing error", []redact.Option{redact.Without(0, 99)}, []string{"Kind(0)", "Kind(99)"}},
		{"nil", "a typing error", []redact.Option{nil}, []string{"nil option"}},
		{"several", "all faults at once", []redact.Option{redact.WithPhones(nil), redact.WithPseudonyms(nil)}, []string{"WithPhones", "0 bytes"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, err := redact.New(c.opts...)
			if r != nil || !errors.Is(err, redact.ErrConfig) {
				t.Fatalf("New returned %v, %v: %s", r, err, c.reason)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
	const all = "jane@example.com 4111111111111111 DE89370400440532013000 +12025550143 078-05-1120 PIN 4711 https://a:b@c.example @jane"
	r := must(t, redact.WithHandles(), redact.Without(redact.Kinds()...))
	if got := r.Text(all); got != all {
		t.Errorf("without any kind it became %q", got)
	}
	if got, want := must(t, redact.Without(redact.Card), redact.WithHandles()).Text(all),
		"[email] 4111111111111111 [iban] [phone] [id] PIN [secret] https://[credentials]@c.example [handle]"; got != want {
		t.Errorf("without cards it became %q", got)
	}
}

func TestPseudonyms(t *testing.T) {
	t.Parallel()
	key := []byte("a key only for tests")
	r := must(t, redact.WithPseudonyms(key), redact.WithPhones(plans{}))
	clear(key) // New has copied it
	// The reference: printf 'cairn/redact/1/email\0jane@example.com' | openssl dgst -sha256 -hmac 'a key only for tests'
	if got := r.Text("jane@example.com"); got != "[email:8d3b549b]" {
		t.Errorf("the pseudonym is %s", got)
	}
	for _, same := range [][]string{
		{"jane@example.com", "JANE@Example.COM", "ｊａｎｅ@example.com", "jane (at) example (dot) com", "jane@\nexample.com"},
		{"4111111111111111", "4111 1111 1111 1111", "4111–1111–1111–1111"},
		{"DE89370400440532013000", "de89 3704 0044 0532 0130 00"},
		{"+49 30 23125 012", "0049 30 23125012", "Tel. 030 23125 012", "+49 (0)30 23125-012"},
		{"202-555-0143", "+1 202 555 0143"},
		{"12345678Z", "12.345.678-z"},
		{"иван@example.com", "Иван@example.com"},
	} {
		first := r.Find(same[0])
		if len(first) != 1 {
			t.Fatalf("%q has %v", same[0], first)
		}
		for _, other := range same {
			a, b := r.Text(same[0]), strings.TrimPrefix(r.Text(other), "Tel. ")
			if a != b || !strings.Contains(a, ":") {
				t.Errorf("%q became %s, and %q became %s", same[0], a, other, b)
			}
		}
	}
	differ := map[string]string{}
	for _, in := range []string{"jane@example.com", "john@example.com", "иван@example.com", "олег@example.com", "4111111111111111", "5555555555554444"} {
		got := r.Text(in)
		if before, ok := differ[got]; ok {
			t.Errorf("%q and %q both became %s", before, in, got)
		}
		differ[got] = in
	}
	if got := r.Text("PIN 4711, https://a:b@c.example"); got != "PIN [secret], https://[credentials]@c.example" {
		t.Errorf("secrets became %s: they get no pseudonyms, from which a PIN can be guessed", got)
	}
	if a, b := r.Text("jane@example.com"), must(t, redact.WithPseudonyms([]byte("another key for tests"))).Text("jane@example.com"); a == b {
		t.Errorf("two keys give %s", a)
	}
}

func TestNil(t *testing.T) {
	t.Parallel()
	var r *redact.Redactor
	e, ok := r.Event(event.Event{Feedback: &event.Feedback{Comment: "jane"}})
	if r.Text("jane") != "" || r.Quick("jane") != "" || r.Find("jane") != nil || !ok || e.Feedback.Comment != "" {
		t.Error("a nil Redactor passes texts on")
	}
}

func TestEvent(t *testing.T) {
	t.Parallel()
	const in, want = "abends 030 23125 012", "abends [phone]"
	given := event.Event{
		Kind: event.FeedbackReceived, Feedback: &event.Feedback{Survey: "csat", Comment: in},
		FollowUp: &event.FollowUp{ID: "7", Note: in}, Action: &event.Action{Name: "x", Note: in}, Breakdown: &event.Breakdown{Name: "x", Note: in}, Mention: &event.Mention{Address: in, ReplyTo: in, Reach: 3},
	}
	got, ok := must(t, redact.WithPhones(plans{})).Event(given)
	if !ok || got.Feedback.Comment != want || got.FollowUp.Note != want || got.Action.Note != want || got.Breakdown.Note != want || *got.Mention != (event.Mention{Address: want, ReplyTo: want, Reach: 3}) {
		t.Errorf("the texts are %q, %q and %q", got.Feedback.Comment, got.FollowUp.Note, got.Action.Note)
	}
	if given.Feedback.Comment != in || given.FollowUp.Note != in || given.Action.Note != in || given.Breakdown.Note != in || given.Mention.Address != in {
		t.Error("the caller's event has changed")
	}
	if got.Feedback.Survey != "csat" || got.FollowUp.ID != "7" || got.Action.Name != "x" {
		t.Error("the rest of the event has changed")
	}
	if _, ok := must(t).Event(event.Event{}); !ok {
		t.Error("an event without texts is dropped")
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	got := must(t).Find("é 4111 1111 1111 1111 jane@example.com")
	want := []redact.Finding{{redact.Card, 3, 22}, {redact.Email, 23, 39}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
