package crowd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/shop/experience"
)

// Driver runs customers through the shop. Optional fields may be zero.
type Driver struct {
	// Storefront is the storefront's URL.
	Storefront string
	// Customers is the number of customers. They have the indexes 0 to Customers-1.
	Customers int
	// Parallel is how many customers shop at the same time. Default: 16.
	Parallel int
}

// Visit is what one customer remembers from the first day.
type Visit struct {
	Customer Customer
	// Order is the order number, which is the journey's ID.
	Order string
	// TraceID is the ID of the journey's trace as the last page showed it; "" for a customer who left.
	TraceID string
}

const (
	defaultParallel = 16
	pageTimeout     = 30 * time.Second
	maxPage         = 1 << 20
)

// FirstDay lets the whole crowd shop and returns the visits, indexed by customer. It stops at the first page that
// differs from the expected one.
func (d Driver) FirstDay(ctx context.Context) ([]Visit, error) {
	visits := make([]Visit, max(0, d.Customers))
	err := d.each(ctx, len(visits), func(ctx context.Context, base *http.Transport, i int) error {
		var err error
		visits[i], err = d.shop(ctx, base, At(i))
		return err
	})
	return visits, err
}

// NextDay runs the support calls, the mails and the survey answers of the next day. The storefront may be another process
// than that of the first day.
func (d Driver) NextDay(ctx context.Context, visits []Visit) error {
	return d.each(ctx, len(visits), func(ctx context.Context, base *http.Transport, i int) error {
		return d.afterwards(ctx, base, visits[i])
	})
}

func (d Driver) each(ctx context.Context, n int, do func(context.Context, *http.Transport, int) error) error {
	parallel := d.Parallel
	if parallel <= 0 {
		parallel = defaultParallel
	}
	base := &http.Transport{MaxIdleConnsPerHost: parallel}
	defer base.CloseIdleConnections()
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for i := range n {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err //nolint:wrapcheck // the group reports the error of another customer
			}
			if err := do(ctx, base, i); err != nil {
				return fmt.Errorf("crowd: customer %d: %w", i, err)
			}
			return nil
		})
	}
	return g.Wait() //nolint:wrapcheck // each customer's error is wrapped above
}

// browser is the browser of one customer.
type browser struct {
	http  *http.Client
	base  string
	agent string
}

func (d Driver) browser(base http.RoundTripper, who Customer) (*browser, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err //nolint:wrapcheck // cookiejar.New never fails
	}
	b := &browser{
		http: &http.Client{Transport: base, Jar: jar, Timeout: pageTimeout},
		base: strings.TrimSuffix(d.Storefront, "/"), agent: "crowd/1 (desktop)",
	}
	if who.Mobile {
		b.agent = "crowd/1 (Mobile)"
	}
	return b, nil
}

// seen is what a customer sees at the end: the page, the problem that it shows, the order number, the trace and the token of the question on
// it, and the page's text.
type seen struct{ path, problem, order, trace, ask, text string }

var marks = regexp.MustCompile(`data-(problem|order|trace|ask)="([^"]*)"`)

var errPage = errors.New("the page is not the expected one")

// get opens a page and expects to stay there.
func (b *browser) get(ctx context.Context, path string) (seen, error) {
	return b.do(ctx, http.MethodGet, path, nil, path)
}

// post sends a form and expects to end on the page want.
func (b *browser) post(ctx context.Context, path string, form url.Values, want string) (seen, error) {
	return b.do(ctx, http.MethodPost, path, form, want)
}

func (b *browser) do(ctx context.Context, method, path string, form url.Values, want string) (seen, error) {
	req, err := http.NewRequestWithContext(ctx, method, b.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return seen{}, err //nolint:wrapcheck // the caller adds the customer
	}
	req.Header.Set("User-Agent", b.agent)
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := b.http.Do(req)
	if err != nil {
		return seen{}, err //nolint:wrapcheck // the error names the method and the URL
	}
	defer func() { _ = resp.Body.Close() }()
	defer context.AfterFunc(ctx, func() { _ = resp.Body.Close() })() // ctx does not end every body: not that of a 101 response
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxPage))
	if err != nil {
		return seen{}, fmt.Errorf("%s %s: %w", method, path, err)
	}
	s := seen{path: resp.Request.URL.Path, text: string(body)}
	for _, m := range marks.FindAllStringSubmatch(string(body), -1) {
		switch m[1] {
		case "problem":
			s.problem = m[2]
		case "order":
			s.order = m[2]
		case "trace":
			s.trace = m[2]
		case "ask":
			s.ask = m[2]
		}
	}
	refused := resp.StatusCode >= http.StatusBadRequest && resp.StatusCode != http.StatusUnprocessableEntity
	if s.path != want || refused {
		return s, fmt.Errorf("%s %s: %w: %s at %s, want %s", method, path, errPage, resp.Status, s.path, want)
	}
	return s, nil
}

// shop runs one customer's first day.
func (d Driver) shop(ctx context.Context, base http.RoundTripper, who Customer) (Visit, error) {
	v := Visit{Customer: who}
	b, err := d.browser(base, who)
	if err != nil {
		return v, err
	}
	if _, err := b.get(ctx, "/"); err != nil {
		return v, err
	}
	product := []string{"mug", "socks", "pack"}[who.Index%3]
	cart, err := b.post(ctx, "/cart", url.Values{"product": {product}}, "/cart")
	v.Order = cart.order
	if err != nil || who.Leaves == experience.StageCart {
		return v, err
	}
	if _, err := b.get(ctx, "/address"); err != nil || who.Leaves == experience.StageAddress {
		return v, err
	}
	address := url.Values{
		"name": {fmt.Sprintf("Customer %d", who.Index)}, "mail": {who.To()},
		"street": {fmt.Sprintf("%d Sample Street", who.Index+1)}, "city": {"Exampleton"},
	}
	if _, err := b.post(ctx, "/address", address, "/payment"); err != nil {
		return v, err
	}
	if err := b.pay(ctx, who.Cards); err != nil || who.Leaves != "" {
		return v, err
	}
	err = b.finish(ctx, &v)
	return v, err
}

// pay tries the cards and checks the result of each.
func (b *browser) pay(ctx context.Context, cards []string) error {
	for _, card := range cards {
		want, problem := "/confirmation", false
		if paid(card) == event.Failed {
			want, problem = "/payment", true
		}
		s, err := b.post(ctx, "/payment", url.Values{"card": {card}}, want)
		if err != nil {
			return err
		}
		if problem != (s.problem != "") {
			return fmt.Errorf("card %s: %w: the page's problem is %q", card, errPage, s.problem)
		}
	}
	return nil
}

// finish looks at the confirmation page again, which changes nothing, and answers the question on it. The customer has seen the
// confirmation already, because the payment leads to it.
func (b *browser) finish(ctx context.Context, v *Visit) error {
	last, err := b.get(ctx, "/confirmation")
	if err == nil && last.trace == "" {
		err = fmt.Errorf("%s: %w: the page has no trace ID", last.path, errPage)
	}
	v.TraceID = last.trace
	if err != nil || v.Customer.CSAT == 0 {
		return err
	}
	return b.answer(ctx, "/feedback/r/"+last.ask, v.Customer.CSAT, v.Customer.Comment)
}

// answer sends the form of the page behind a link.
func (b *browser) answer(ctx context.Context, path string, score int, comment string) error {
	_, err := b.post(ctx, path, url.Values{"score": {strconv.Itoa(score)}, "comment": {comment}, "language": {"en"}}, path)
	return err
}

// afterwards runs one customer's next day.
func (d Driver) afterwards(ctx context.Context, base http.RoundTripper, v Visit) error {
	b, err := d.browser(base, v.Customer) // a new browser, without yesterday's cookies
	if err != nil {
		return err
	}
	if v.Customer.Widow {
		if _, err := b.post(ctx, "/died", url.Values{"to": {v.Customer.To()}}, "/died"); err != nil {
			return err
		}
	}
	link := ""
	if v.Customer.Leaves == "" {
		said, err := b.mail(ctx, v, experience.PurposeSurvey)
		if err != nil {
			return err
		}
		link = said
	}
	if call := v.Customer.Call; call != NoCall {
		form := url.Values{"order": {v.Order}, "seconds": {"180"}, "wait": {"40"}, "resolved": {"no"}}
		if call == Resolved {
			form.Set("resolved", "yes")
		}
		if _, err := b.post(ctx, "/support", form, "/support"); err != nil {
			return err
		}
		if call == Unresolved {
			complaint := url.Values{"customer": {v.Customer.Mail()}, "order": {v.Order}, "text": {"Nobody could tell me whether I was charged."}}
			if _, err := b.post(ctx, "/complaint", complaint, "/complaint"); err != nil {
				return err
			}
		}
	}
	if err := b.recommend(ctx, v, link); err != nil {
		return err
	}
	for range campaign {
		if !v.Customer.Known() {
			break
		}
		if _, err := b.mail(ctx, v, experience.PurposeCampaign); err != nil {
			return err
		}
	}
	return nil
}

// recommend answers the question of the next day: by the link of the mail, or on the phone.
func (b *browser) recommend(ctx context.Context, v Visit, link string) error {
	switch via := v.Customer.NPSVia; via {
	case 0:
		return nil
	case event.Email:
		return b.answer(ctx, link, v.Customer.NPS, "")
	default:
		form := url.Values{"order": {v.Order}, "score": {strconv.Itoa(v.Customer.NPS)}, "via": {via.String()}}
		_, err := b.post(ctx, "/nps", form, "/nps")
		return err
	}
}

// campaign is how many mails the campaign has for each customer: one more than the contact policy allows.
const campaign = experience.CampaignMails + 1

// mail tells the shop to send the customer a mail, and returns the path of the link in it, if it has one.
func (b *browser) mail(ctx context.Context, v Visit, purpose string) (link string, err error) {
	said, err := b.post(ctx, "/mail", url.Values{"customer": {v.Customer.Mail()}, "to": {v.Customer.To()}, "purpose": {purpose}, "order": {v.Order}}, "/mail")
	if _, at, ok := strings.Cut(strings.TrimSpace(said.text), "/feedback/r/"); ok {
		link = "/feedback/r/" + at
	}
	return link, err
}
