package redact

import (
	"bytes"
	"math"
	"strings"
)

// tokenChars are the characters of base64, of its form for URLs, and of JSON Web Tokens.
func isToken(b byte) bool {
	return b < letter && isAlnum(b) || strings.IndexByte("_-+/=.~", b) >= 0
}

// tokenEnd returns where the characters of tokens end that begin at p. A full stop, a dash or the like at the end is not a part of
// a token.
func tokenEnd(f []byte, p int) int {
	i := p
	for i < len(f) && isToken(f[i]) {
		i++
	}
	for i > p && strings.IndexByte(".-/~", f[i-1]) >= 0 {
		i--
	}
	return i
}

// prefix begins the tokens of one service.
type prefix struct {
	text string
	min  int // characters behind it
}

// prefixes are the beginnings of tokens, as the services document them.
var prefixes = [...]prefix{
	{"AKIA", 16}, {"ASIA", 16}, {"ABIA", 16}, {"AIza", 35}, {"AGE-SECRET-KEY-1", 20}, {"AccountKey=", 40}, // AWS, Google, age, Azure
	{"EAACEdEose0cBA", 10}, {"EAAA", 50}, // Facebook, Square
	{"GOCSPX-", 20},                                                   // Google
	{"SG.", 40},                                                       // SendGrid
	{"atlasv1.", 40},                                                  // Terraform Cloud
	{"dop_v1_", 40}, {"doo_v1_", 40}, {"dckr_pat_", 20}, {"dapi", 32}, // DigitalOcean, Docker, Databricks
	{"ghp_", 30}, {"gho_", 30}, {"ghu_", 30}, {"ghs_", 30}, {"ghr_", 30}, {"github_pat_", 22}, // GitHub
	{"glpat-", 20}, {"gldt-", 20}, {"glrt-", 20}, {"glptt-", 20}, // GitLab
	{"hf_", 30}, {"hvs.", 20}, {"hvb.", 20}, // Hugging Face, Vault
	{"lin_api_", 30},           // Linear
	{"npm_", 30}, {"nfp_", 30}, // npm, Netlify
	{"pypi-", 30}, {"pk_live_", 20}, {"pk_test_", 20}, {"phc_", 30}, {"pat-na1-", 30}, // PyPI, Stripe, PostHog, HubSpot
	{"rk_live_", 20}, {"rk_test_", 20}, {"rubygems_", 30}, // Stripe, RubyGems
	{"sk_live_", 20}, {"sk_test_", 20}, {"sk-ant-", 20}, {"sk-proj-", 20}, {"sk-or-", 20}, {"sk-", 32}, // Stripe, Anthropic, OpenAI
	{"shpat_", 30}, {"shpss_", 30}, {"shpca_", 30}, {"shppa_", 30}, {"secret_", 40}, {"sq0atp-", 20}, {"sq0csp-", 20}, {"sntrys_", 30}, // Shopify, Notion, Square, Sentry
	{"whsec_", 24},                                                                           // webhooks
	{"xoxb-", 20}, {"xoxp-", 20}, {"xoxa-", 20}, {"xoxr-", 20}, {"xoxs-", 20}, {"xapp-", 20}, // Slack
	{"ya29.", 20}, // Google
}

// token finds a key or a token at p, where a word begins.
func (s *scan) token(p int) bool {
	f := s.f
	for i := range prefixes {
		if x := &prefixes[i]; x.text[0] == f[p] && bytes.HasPrefix(f[p:], []byte(x.text)) {
			if end := tokenEnd(f, p); end-p-len(x.text) >= x.min {
				return s.add(Secret, p, end)
			}
		}
	}
	if bytes.HasPrefix(f[p:], []byte("eyJ")) {
		if end := jwt(f, p); end > 0 {
			return s.add(Secret, p, end)
		}
	}
	// Behind a slash, a dot or a dash a name goes on, above all in the path of a URL.
	if (p == 0 || strings.IndexByte("/.-_", f[p-1]) < 0) && random(f, p) {
		return s.add(Secret, p, tokenEnd(f, p))
	}
	return false
}

// jwt returns where the JSON Web Token at p ends (RFC 7519), or 0: a head and claims in base64, with a dot between them. The
// signature may be missing.
func jwt(f []byte, p int) int {
	const shortest = 8
	dot := bytes.IndexByte(f[p:min(len(f), p+reach)], '.')
	if dot < shortest || tokenEnd(f, p) <= p+dot+shortest {
		return 0
	}
	return tokenEnd(f, p)
}

const (
	// A random string is at least randomLength long. The test of the others looks at randomLook characters.
	randomLength = 32
	randomLook   = 64
	// randomBits is the least entropy of a character. A random string of 32 letters and digits has 4.5 bits on average.
	randomBits = 4.0
	// randomChanges is the least number of places, in 32 characters, where lower case, upper case and digits change. A random
	// string has about 20.
	randomChanges = 12
)

// random reports whether a random string begins at p. Hexadecimal strings and UUIDs are none, because orders, commits and
// requests are numbered by them. Names of files and in code change between cases too rarely.
func random(f []byte, p int) bool {
	var count [128]uint8
	n, changes, last := 0, 0, 0
	var seen [4]bool
	for i := p; i < len(f) && n < randomLook && f[i] < letter && (isAlnum(f[i]) || strings.IndexByte("_-+/=", f[i]) >= 0); i++ {
		count[f[i]]++
		class := classOf(f[i])
		seen[class] = true
		if class != last && n > 0 && class != 0 && last != 0 {
			changes++
		}
		last = class
		n++
	}
	if n < randomLength || !seen[1] || !seen[2] || !seen[3] || changes*randomLength < randomChanges*n {
		return false
	}
	bits := 0.0
	for _, c := range count {
		if c > 0 {
			share := float64(c) / float64(n)
			bits -= share * math.Log2(share)
		}
	}
	return bits >= randomBits
}

// classOf returns 1 for lower case, 2 for upper case, 3 for a digit, 0 for anything else.
func classOf(b byte) int {
	switch {
	case b >= 'a' && b <= 'z':
		return 1
	case b >= 'A' && b <= 'Z':
		return 2
	case digit(b):
		return 3
	}
	return 0
}

// pem finds a private key in PEM (RFC 7468) at p, where a dash is.
func (s *scan) pem(p int) bool {
	const begin, end, longest = "-----BEGIN ", "-----END ", 80
	f := s.f
	if !bytes.HasPrefix(f[p:], []byte(begin)) || p > 0 && f[p-1] == '-' {
		return false
	}
	head, _, _ := bytes.Cut(f[p+len(begin):min(len(f), p+longest)], []byte{barrier})
	if i := bytes.Index(head, []byte("-----")); i < 0 || !bytes.Contains(head[:i], []byte("PRIVATE KEY")) {
		return false
	}
	stop := len(f)
	if i := bytes.IndexByte(f[p:], barrier); i >= 0 {
		stop = p + i
	}
	if i := bytes.Index(f[p:stop], []byte(end)); i >= 0 {
		at := p + i + len(end)
		if j := bytes.Index(f[at:min(stop, at+longest)], []byte("-----")); j >= 0 {
			stop = at + j + len("-----")
		}
	}
	return s.add(Secret, p, stop)
}

// named finds what stands behind the name of a secret, as in password: hunter2. The name is the word of the text from p to end.
func (s *scan) named(p, end int) bool {
	switch secretName(s.f[p:end]) {
	case pinName:
		return s.code(end, 4, 6)
	case cvvName:
		return s.code(end, 3, 4)
	case scheme:
		return s.bearer(end)
	case keyName:
		return s.password(end, false)
	case passwordName:
		return s.password(end, true)
	case noSecret:
	}
	return false
}

// bearer finds the token behind the name of a scheme of HTTP that ends at p (RFC 6750).
func (s *scan) bearer(p int) bool {
	const shortest = 16
	at := p + 1
	if at >= len(s.f) || s.f[p] != ' ' {
		return false
	}
	end := tokenEnd(s.f, at)
	return end-at >= shortest && bytes.ContainsAny(s.f[at:min(end, at+randomLook)], "0123456789") && s.add(Secret, at, end)
}

// password finds the value behind a name that ends at p. Behind a colon or a word such as "is" it has to have a digit or a sign,
// because people also write "the password: expired". Said tells whether the name is one that people say with "is".
func (s *scan) password(p int, said bool) bool {
	const (
		longestRest = 12 // of a name, as in api_key
		shortest    = 4
	)
	f := s.f
	at := p
	for at < len(f) && at-p < longestRest && (isAlnum(f[at]) || f[at] == '_' || f[at] == '-') {
		at++
	}
	at = quoteAt(f, at)
	at, sign := separator(f, at)
	if sign == 0 || sign == 'i' && !said {
		return false
	}
	at = quoteAt(f, at)
	end := at
	for end < len(f) && f[end] > ' ' && f[end] != barrier && strings.IndexByte("\"',;<>)", f[end]) < 0 && (sign != '=' || f[end] != '&') {
		end++
	}
	for end > at && strings.IndexByte(".!?:", f[end-1]) >= 0 {
		end--
	}
	strange := sign == '='
	for i := at; i < min(end, at+randomLook); i++ {
		strange = strange || digit(f[i]) || !isAlnum(f[i]) && f[i] < letter && i > at && i < end-1
	}
	return strange && end-at >= shortest && s.add(Secret, at, end)
}

// quoteAt passes over one quotation mark at p.
func quoteAt(f []byte, p int) int {
	if p < len(f) && (f[p] == '"' || f[p] == '\'') {
		return p + 1
	}
	return p
}

// separator returns where a value begins behind its name that ends at p, and whether = or : stands between them, or a word such as
// "is", as 'i'.
func separator(f []byte, p int) (at int, sign byte) {
	i := p
	for i < len(f) && f[i] == ' ' && i-p < 3 {
		i++
	}
	if i < len(f) && (f[i] == ':' || f[i] == '=') {
		sign = f[i]
		i++
	} else if i > p {
		for _, is := range [...]string{"is ", "was ", "ist ", "war ", "lautet ", "est ", "es "} {
			if hasFold(f, i, is) {
				sign, i = 'i', i+len(is)
				break
			}
		}
	}
	for from := i; i < len(f) && f[i] == ' ' && i-from < 3; {
		i++
	}
	return i, sign
}

// code finds so many digits behind the name of a PIN or a card's verification code that ends at p.
func (s *scan) code(p, fewest, most int) bool {
	f := s.f
	at, _ := separator(f, p)
	if at == p {
		return false
	}
	end := at
	for end < len(f) && digit(f[end]) {
		end++
	}
	if n := end - at; n < fewest || n > most || end < len(f) && isAlnum(f[end]) {
		return false
	}
	return s.add(Secret, at, end)
}

type nameKind uint8

const (
	noSecret nameKind = iota
	pinName
	cvvName
	scheme
	keyName      // a value follows behind : or =
	passwordName // or behind "is"
)

// secretName returns what the word names.
func secretName(word []byte) nameKind {
	const longest = 12
	if len(word) < 3 || len(word) > longest {
		return noSecret
	}
	var buf [longest]byte
	w := buf[:0]
	for _, b := range word {
		w = append(w, lower(b))
	}
	switch string(w) {
	case "pin", "tan", "otp":
		return pinName
	case "cvv", "cvc", "csc":
		return cvvName
	case "bearer":
		return scheme
	case "password", "passwd", "pwd", "passwort", "kennwort", "passphrase", "passcode", "mdp", "passe", "contrasena", "clave", "senha", "parola", "haslo",
		"wachtwoord", "losenord":
		return passwordName
	case "pass", "token", "secret", "apikey", "api", "credential":
		return keyName
	}
	return noSecret
}
