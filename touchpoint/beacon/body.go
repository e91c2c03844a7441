package beacon

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"cairncx.dev/cairn/cx/event"
)

// The bounds of a body. The module stays well below them.
const (
	maxBody    = 16 << 10
	maxSignals = 64
	maxAgo     = time.Hour
	maxFirst   = 1 << 16
	maxValue   = 1e10 // a million, in ten-thousandths
	pageLen    = 32
)

// body is what the module sends. The form is fixed to the byte, because there is one sender: JSON.stringify of an object with these members in this
// order, without spaces.
//
//	{"v":1,"page":"…32 hexadecimal digits…","first":0,"events":[
//	  {"kind":"view","name":"cart","ago":1200},
//	  {"kind":"form","name":"address","ago":10,"took":9000},
//	  {"kind":"vital","name":"cart","ago":10,"vital":"lcp","value":25000000}]}
type body struct {
	page    string // names one load of a page
	first   int    // the number of the first signal in that page
	signals []signal
}

// signal is one thing that happened.
type signal struct {
	kind  string
	name  string
	ago   time.Duration // before the request was sent
	took  time.Duration // of a form
	vital string        // cls, inp or lcp
	value float64       // of a vital: a score, or milliseconds
}

// readBody returns the body, and false for any text that the module does not send.
func readBody(text string) (*body, bool) {
	if len(text) > maxBody || !utf8.ValidString(text) {
		return nil, false
	}
	s := scanner{rest: text}
	b := &body{}
	s.skip(`{"v":1,"page":"`)
	b.page = s.hex()
	s.skip(`","first":`)
	b.first = int(s.number(maxFirst))
	s.skip(`,"events":[`)
	for n := 0; !s.failed && n < maxSignals; n++ {
		if n > 0 {
			s.skip(",")
		}
		b.signals = append(b.signals, s.signal())
		if strings.HasPrefix(s.rest, "]") {
			break
		}
	}
	s.skip("]}")
	return b, !s.failed && s.rest == ""
}

// scanner reads a body from its beginning. After the first thing that the module does not send it has failed, and returns nothing more.
type scanner struct {
	rest   string
	failed bool
}

func (s *scanner) fail() {
	s.failed, s.rest = true, ""
}

// skip reads exactly this text.
func (s *scanner) skip(text string) {
	rest, ok := strings.CutPrefix(s.rest, text)
	if !ok {
		s.fail()
		return
	}
	s.rest = rest
}

// hex reads the ID of a page.
func (s *scanner) hex() string {
	if len(s.rest) < pageLen || strings.Trim(s.rest[:pageLen], "0123456789abcdef") != "" {
		s.fail()
		return ""
	}
	text := s.rest[:pageLen]
	s.rest = s.rest[pageLen:]
	return text
}

// number reads an integer from 0 to most, as JavaScript writes it.
func (s *scanner) number(most int64) int64 {
	n := 0
	for n < len(s.rest) && s.rest[n] >= '0' && s.rest[n] <= '9' {
		n++
	}
	text := s.rest[:n]
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil || v > most || text[0] == '0' && n > 1 {
		s.fail()
		return 0
	}
	s.rest = s.rest[n:]
	return v
}

// duration reads milliseconds.
func (s *scanner) duration(most time.Duration) time.Duration {
	return time.Duration(s.number(most.Milliseconds())) * time.Millisecond
}

// text reads a text that ends with a quotation mark. JSON.stringify escapes the mark and the backslash; the module sends no control character.
func (s *scanner) text(most int) string {
	var b []byte
	for i := 0; i < len(s.rest); i++ {
		c := s.rest[i]
		switch {
		case c == '"':
			s.rest = s.rest[i+1:]
			if len(b) == 0 || len(b) > most {
				s.fail()
			}
			return string(b)
		case c < ' ', len(b) >= most:
			s.fail()
			return ""
		case c == '\\':
			i++
			if i >= len(s.rest) || s.rest[i] != '"' && s.rest[i] != '\\' {
				s.fail()
				return ""
			}
			c = s.rest[i]
		}
		b = append(b, c)
	}
	s.fail()
	return ""
}

// signal reads one signal.
func (s *scanner) signal() signal {
	var g signal
	s.skip(`{"kind":"`)
	g.kind = s.text(len("vital"))
	s.skip(`,"name":"`)
	g.name = s.text(event.MaxName)
	s.skip(`,"ago":`)
	g.ago = s.duration(maxAgo)
	switch g.kind {
	case "view", "rage", "dead", "error":
	case "form":
		s.skip(`,"took":`)
		g.took = s.duration(event.MaxDuration)
	case "vital":
		s.skip(`,"vital":"`)
		switch g.vital = s.text(len("lcp")); g.vital {
		case "cls", "inp", "lcp":
		default:
			s.fail()
		}
		s.skip(`,"value":`)
		g.value = float64(s.number(maxValue)) / 1e4
	default:
		s.fail()
	}
	s.skip("}")
	return g
}
