package intake

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/otel/metric"
	"golang.org/x/time/rate"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
)

// Option is an option of [New]. An option value may be reused.
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// The defaults and bounds of a handler.
const (
	// DefaultMaxBytes is the size of the largest request: a comment of the largest size in a form, in any script, and its causes.
	DefaultMaxBytes = 32 << 10
	// MinBytes is the smallest bound for the size of a request.
	MinBytes = 1 << 10
	// DefaultRate and DefaultBurst are how many requests a second one client may send, and how many at once.
	DefaultRate  = 5
	DefaultBurst = 60
)

type config struct {
	client     *cx.Client
	signer     *Signer
	surveys    []*feedback.Survey
	unasked    map[string]bool
	company    string
	texts      map[string]spoken
	choices    map[[2]string]string // by language in lower case and cause
	anchors    map[[2]string]ends   // by survey and language in lower case
	origins    []string
	maxBytes   int64
	rate       rate.Limit
	burst      int
	address    func(*http.Request) string
	meters     metric.MeterProvider
	now        func() time.Time
	protection *http.CrossOriginProtection
	faults     []error
}

// spoken are texts of the application in one language.
type spoken struct {
	tag   string
	texts Texts
}

// ends are what the lowest and the highest score mean.
type ends struct{ low, high string }

func (c *config) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Errorf("intake: "+format, args...))
}

// WithClient makes the handler record to this client. Default, and for nil: the client in the context of each request (cx.NewContext), else the
// default client.
func WithClient(client *cx.Client) Option { return optionFunc(func(c *config) { c.client = client }) }

// WithSigner sets what verifies links. Default, and for nil: the handler believes no link.
func WithSigner(s *Signer) Option { return optionFunc(func(c *config) { c.signer = s }) }

// WithSurveys adds the surveys that customers can answer. At least one is required. The first one of several with one name is
// asked today, and the others are earlier versions: the page of a link shows the text of the version that the link was made for, if the handler
// has it, else today's. The answer counts for the version that the customer saw, the request for its own. A survey that only names itself has the texts and choices of
// the client's blueprint.
func WithSurveys(surveys ...*feedback.Survey) Option {
	return optionFunc(func(c *config) { c.surveys = append(c.surveys, surveys...) })
}

// WithUnsolicited names the surveys of [WithSurveys] that take answers without a request: from a feedback button, or a survey that is open
// to all. These answers are in no response rate, and one person can send several. Default: none.
func WithUnsolicited(surveys ...string) Option {
	return optionFunc(func(c *config) {
		for _, name := range surveys {
			c.unasked[name] = true
		}
	})
}

// WithCompany sets the name that the page shows above the question, at most [event.MaxLine] bytes. Default: none.
func WithCompany(name string) Option { return optionFunc(func(c *config) { c.company = name }) }

// WithTexts sets the texts of the page and the widget in a language, which is a BCP 47 tag, or adds a language. Default: built-in texts in
// Arabic, Dutch, English, French, German, Italian, Japanese, Polish, Portuguese and Spanish. A text that is missing is the built-in one of
// the language, else the English one.
func WithTexts(lang string, t Texts) Option {
	return optionFunc(func(c *config) {
		if !isLanguage(lang) {
			c.fault("WithTexts: %.80q is not a language: want a BCP 47 tag such as en or pt-BR", lang)
			return
		}
		c.texts[strings.ToLower(lang)] = spoken{lang, t}
	})
}

// WithChoice sets what the page and the widget show for a cause of [feedback.Choices] in a language. Default: the text in another language as
// [feedback.Survey.Text] finds it, else the name of the cause, with spaces for "_" and "-".
func WithChoice(lang, cause, text string) Option {
	return optionFunc(func(c *config) {
		if !isLanguage(lang) || text == "" {
			c.fault("WithChoice: the text of %.80q in the language %.80q: want a BCP 47 tag such as en or pt-BR, and a text that is not empty", cause, lang)
			return
		}
		c.choices[[2]string{strings.ToLower(lang), cause}] = text
	})
}

// WithEnds sets what the lowest and the highest score of one survey mean in a language, such as "Strongly disagree" and "Strongly agree".
// Default: what they mean on the survey's scale ([Texts.Low]).
func WithEnds(survey, lang, low, high string) Option {
	return optionFunc(func(c *config) {
		if !isLanguage(lang) || low == "" || high == "" {
			c.fault("WithEnds: the ends of %.80q in the language %.80q: want a BCP 47 tag such as en or pt-BR, and two texts", survey, lang)
			return
		}
		c.anchors[[2]string{survey, strings.ToLower(lang)}] = ends{low, high}
	})
}

// WithTrustedOrigins names other origins whose pages may send answers, such as "https://www.shop.example": those on which the widget is.
// Browsers on them may read the handler's JSON (CORS). Default: only pages of the origin that the handler is on.
func WithTrustedOrigins(origins ...string) Option {
	return optionFunc(func(c *config) { c.origins = append(c.origins, origins...) })
}

// WithMaxBytes sets the size of the largest request, at least [MinBytes]. Default: [DefaultMaxBytes].
func WithMaxBytes(n int64) Option { return optionFunc(func(c *config) { c.maxBytes = n }) }

// WithRate sets how many requests a second one client may send, and how many at once. Both are more than 0. Default: [DefaultRate] and
// [DefaultBurst]. [rate.Inf] is no bound.
func WithRate(perSecond rate.Limit, burst int) Option {
	return optionFunc(func(c *config) { c.rate, c.burst = perSecond, burst })
}

// WithClientAddress sets the function that returns the address of a request's client, for a handler behind a proxy. It must not believe a
// header that the proxy does not set itself. A function that panics, and a text that is no IP address, put the request among those of
// an unknown client. Default: http.Request.RemoteAddr.
func WithClientAddress(of func(*http.Request) string) Option {
	return optionFunc(func(c *config) { c.address = of })
}

// WithMeterProvider sets the provider of the handler's own metric. Default, and for nil: OpenTelemetry's global provider.
func WithMeterProvider(p metric.MeterProvider) Option {
	return optionFunc(func(c *config) { c.meters = p })
}

// WithClock sets the clock by which links expire. A test whose client has cx.WithClock gives the handler the same clock, or each link is
// expired. Default, and for nil: [time.Now].
func WithClock(now func() time.Time) Option { return optionFunc(func(c *config) { c.now = now }) }

// newConfig applies the options, and checks them.
func newConfig(opts []Option) (*config, error) {
	c := &config{
		unasked: map[string]bool{}, texts: map[string]spoken{}, choices: map[[2]string]string{}, anchors: map[[2]string]ends{},
		maxBytes: DefaultMaxBytes, rate: DefaultRate, burst: DefaultBurst, protection: http.NewCrossOriginProtection(),
	}
	for _, o := range opts {
		if o != nil {
			o.apply(c)
		}
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.maxBytes < MinBytes {
		c.fault("WithMaxBytes is %d: want at least %d", c.maxBytes, MinBytes)
	}
	if !(c.rate > 0) || c.burst < 1 { // not a number is refused, too
		c.fault("WithRate is %v a second and %d at once: want more than 0 of both", c.rate, c.burst)
	}
	if len(c.company) > event.MaxLine {
		c.fault("WithCompany: the name has %d bytes: want at most %d", len(c.company), event.MaxLine)
	}
	for _, o := range c.origins {
		if err := c.protection.AddTrustedOrigin(o); err != nil {
			c.fault("WithTrustedOrigins: %.200q: want a scheme and a host, such as https://www.shop.example: %w", o, err)
		} else if sent := sentOrigin(o); sent != o {
			c.fault("WithTrustedOrigins: %.200q: browsers send %.200q: want that", o, sent)
		}
	}
	c.check()
	return c, errors.Join(c.faults...)
}

// sentOrigin returns the origin as browsers send it: in lower case, and without the port that the scheme has anyway (RFC 6454, section 6.2).
func sentOrigin(origin string) string {
	sent := strings.ToLower(origin)
	if strings.HasPrefix(sent, "https:") {
		return strings.TrimSuffix(sent, ":443")
	}
	return strings.TrimSuffix(sent, ":80")
}

// check checks the surveys.
func (c *config) check() {
	has := map[string]bool{}
	scales := map[string]event.Scale{}
	for _, s := range c.surveys {
		if err := s.Validate(); err != nil {
			c.fault("WithSurveys: %w", err)
			continue
		}
		if sources[s.Name()] != "" {
			c.fault("WithSurveys: %.80q is the name of one of the handler's files: give the survey another name", s.Name())
		}
		if has[s.Name()] && scales[s.Name()] != s.Scale() {
			c.fault("WithSurveys: the versions of %.80q are on the scales %v and %v: give another scale another name", s.Name(), scales[s.Name()], s.Scale())
		}
		has[s.Name()], scales[s.Name()] = true, s.Scale()
	}
	if len(c.surveys) == 0 {
		c.fault("there is no survey that customers could answer: add it with WithSurveys")
	}
	for name := range c.unasked {
		if !has[name] {
			c.fault("WithUnsolicited: there is no survey %.80q: add it with WithSurveys", name)
		}
	}
	for key := range c.anchors {
		if !has[key[0]] {
			c.fault("WithEnds: there is no survey %.80q: add it with WithSurveys", key[0])
		}
	}
}
