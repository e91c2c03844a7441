package shop_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/codes"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/shop/payments"
	"cairncx.dev/cairn/internal/e2e/servers"
)

// visitor is a browser in the shop.
type visitor struct {
	t    *testing.T
	base string
	http http.Client
}

func newVisitor(t *testing.T, base string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t: t, base: base, http: http.Client{Jar: jar}}
}

// get and post return the page that the request leads to.
func (v *visitor) get(path string) string { v.t.Helper(); return v.send(http.MethodGet, path, nil) }

func (v *visitor) post(path string, kv ...string) string {
	v.t.Helper()
	form := url.Values{}
	for i := 0; i < len(kv); i += 2 {
		form.Set(kv[i], kv[i+1])
	}
	return v.send(http.MethodPost, path, form)
}

func (v *visitor) send(method, path string, form url.Values) string {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), method, v.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := v.http.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil || resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusUnprocessableEntity {
		v.t.Fatalf("%s %s: %s, %v", method, path, resp.Status, err)
	}
	return string(body)
}

// find returns what the page has between the two texts.
func find(t *testing.T, page, before, after string) string {
	t.Helper()
	m := regexp.MustCompile(regexp.QuoteMeta(before) + "([^<>\"]*)" + regexp.QuoteMeta(after)).FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("the page has no %s…%s:\n%s", before, after, page)
	}
	return m[1]
}

// givesUp lets the visitor give up after a payment that has failed, and returns the order and the path of the question.
func (v *visitor) givesUp() (order, question string) {
	v.t.Helper()
	order = find(v.t, v.post("/cart", "product", "mug"), `data-order="`, `"`)
	v.post("/address", "name", "N", "mail", "n@example.com", "street", "S", "city", "C")
	v.post("/payment", "card", payments.CardBroken)
	return order, "/feedback/r/" + find(v.t, v.post("/give-up"), `data-ask="`, `"`)
}

// TestLoop closes the loop in the browser, with the shop's two services as processes: a customer cannot pay, gives up and says so; the support
// team acknowledges, resolves and tells; the customer is content; and a change is made. One trace, that of the checkout, leads from the
// payment that failed to the step told, and the trace of the follow-up leads back.
func TestLoop(t *testing.T) {
	collector := servers.StartCollector(t)
	day := startDay(t, collector, 0)
	customer, team := newVisitor(t, day.storefront.url), newVisitor(t, day.storefront.url)

	order, question := customer.givesUp()
	if page := customer.post(question, "score", "2", "causes", "payment", "comment", "Nobody told me whether I was charged."); !strings.Contains(page, "Waymark") {
		t.Errorf("the answer leads to\n%s", page)
	}
	page := team.get("/care/")
	if !strings.Contains(page, "Nobody told me whether I was charged.") || !strings.Contains(page, order) {
		t.Fatalf("the team does not see what the customer said:\n%s", page)
	}
	id := find(t, page, `name="id" value="`, `"`)
	for _, step := range []string{"acknowledged", "resolved", "told"} {
		page = team.post("/care/move", "name", "recovery", "id", id, "to", step, "remedy", "voucher", "note", "Nothing was charged.")
		if !strings.Contains(page, step) {
			t.Errorf("the team's page does not have the step %s:\n%s", step, page)
		}
	}
	if page = team.post("/care/change", "cause", "payment", "name", "second-bank"); !strings.Contains(page, "1 customer told") {
		t.Errorf("the change is told to nobody:\n%s", page)
	}
	if page = customer.get("/"); !strings.Contains(page, "Nothing was charged.") {
		t.Errorf("the customer does not see the answer:\n%s", page)
	}
	customer.post("/answer", "id", id, "content", "yes")
	if page = team.get("/care/"); !strings.Contains(page, "0 open, 1 over") {
		t.Errorf("the follow-up is not over:\n%s", page)
	}
	regular, _ := customer.givesUp() // a regular customer by now, who says nothing this time
	if page = team.get("/care/"); !strings.Contains(page, "1 open, 1 over") || !strings.Contains(page, regular) || !strings.Contains(page, "high") {
		t.Errorf("a regular customer who gives up opens nothing:\n%s", page)
	}
	day.stop()

	var spans []servers.Span
	servers.Eventually(t, patience, func() error {
		spans = collector.Traces(t)
		for trace, last := range map[string]string{traceOf(order): "recovery completed", traceOf(regular): "recovery cancelled"} {
			if !slices.ContainsFunc(spans, func(s servers.Span) bool { return s.TraceID == trace && s.Name == last }) {
				return fmt.Errorf("the trace %s has no %s", trace, last)
			}
		}
		return nil
	})
	leads(t, spans, order, id)
	if got := steps(byTrace(spans)[traceOf(regular)]); !slices.Contains(got, "recovery received") || slices.Contains(got, "gave-up") {
		t.Errorf("the trace of the regular customer has %q", got)
	}
}

// steps returns the names of a trace's spans that tell what became of a failed payment, in the order of time.
func steps(trace []servers.Span) (names []string) {
	trace = slices.Clone(trace)
	slices.SortStableFunc(trace, func(a, b servers.Span) int { return a.Start.Compare(b.Start) })
	for _, s := range trace {
		if s.Name == "submit-payment" || s.Name == "charge-card" || strings.HasPrefix(s.Name, "gave-up") || strings.HasPrefix(s.Name, "recovery") {
			names = append(names, s.Name)
		}
	}
	return names
}

// leads checks that the checkout's trace leads to the end of the follow-up, and the trace of the follow-up back.
func leads(t *testing.T, spans []servers.Span, order, id string) {
	t.Helper()
	checkout := byTrace(spans)[traceOf(order)]
	got := steps(checkout)
	if i, j := slices.Index(got, "gave-up"), slices.Index(got, "recovery received"); i == j+1 { // both are of the same instant
		got[i], got[j] = got[j], got[i]
	}
	want := []string{
		"submit-payment", "charge-card", "gave-up requested", "gave-up", "recovery received", "recovery acknowledged", "recovery resolved", "recovery told",
		"recovery confirmed", "recovery completed",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the trace of the checkout has\n%q, want\n%q", got, want)
	}
	run := event.Run{Namespace: "default", Name: "recovery", ID: id}
	there := run.TraceID().String()
	known, services := map[string]bool{}, map[string]bool{}
	for _, s := range checkout {
		known[s.SpanID], services[s.Service] = true, true
	}
	for _, s := range checkout {
		if s.ParentSpanID != "" && !known[s.ParentSpanID] {
			t.Errorf("the parent of %s is not in the trace", s.Name)
		}
		if s.Name == "submit-payment" && (s.StatusCode != codes.Error || s.Attributes["cx.cause"] != "payments-unavailable") {
			t.Errorf("the payment that failed is %v, %v", s.StatusCode, s.Attributes)
		}
		if strings.HasPrefix(s.Name, "recovery ") && !slices.ContainsFunc(s.Links, func(l servers.Link) bool { return l.TraceID == there }) {
			t.Errorf("%s has no link to the follow-up: %+v", s.Name, s.Links)
		}
		if s.Name == "recovery resolved" && s.Attributes["cx.followup.remedy"] != "voucher" {
			t.Errorf("the remedy is not in the trace: %v", s.Attributes)
		}
		for key, value := range s.Attributes {
			if text, _ := value.(string); strings.Contains(text, "charged") {
				t.Errorf("%s has what somebody wrote in %s: %q", s.Name, key, text)
			}
		}
	}
	if !services["storefront"] || !services["payments"] {
		t.Errorf("the services of the trace are %v", services)
	}
	names := map[string]servers.Span{}
	for _, s := range byTrace(spans)[there] {
		names[s.Name] = s
	}
	root := event.Run{Namespace: "default", Name: "checkout", ID: order}
	if back := names["recovery started"].Links; !slices.ContainsFunc(back, func(l servers.Link) bool {
		return l.TraceID == traceOf(order) && l.SpanID == root.RootSpan().SpanID().String()
	}) {
		t.Errorf("the follow-up does not lead back to the checkout: %+v", back)
	}
	for _, name := range []string{"recovery", "acknowledged", "resolved", "told", "answer-mail", "promise acknowledged", "promise answered"} {
		if names[name].Name == "" {
			t.Errorf("the trace of the follow-up has no %s", name)
		}
	}
	if names["answer-mail"].Attributes["cx.direction"] != "outbound" {
		t.Errorf("the customer was told by %v", names["answer-mail"].Attributes)
	}
	if !slices.ContainsFunc(spans, func(s servers.Span) bool { return s.Name == "told-of-change" }) {
		t.Error("no trace has that the customer was told of the change")
	}
}
