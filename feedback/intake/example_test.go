package intake_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/feedback/intake"
	"cairncx.dev/cairn/touchpoint"
)

var (
	mails         = touchpoint.DefineContactPolicy("mails", touchpoint.Purpose("survey", touchpoint.Cap(2, 90*24*time.Hour)), touchpoint.ContactWait(5*time.Second))
	afterDelivery = feedback.Define("delivery", feedback.CSAT, feedback.Ask("en", "How was the delivery?"), feedback.Ask("de", "Wie war die Lieferung?"), feedback.Choices("late", "damaged"))
)

// said prints what customers say.
type said struct{}

func (said) Process(_ context.Context, e *event.Event) {
	if f := e.Feedback; f != nil {
		fmt.Println(e.Kind, f.Score, f.Causes)
	}
}

func (said) Shutdown(context.Context) error { return nil }

// newService returns a context with a client, and how to stop it. A service uses a store that survives it.
func newService() (context.Context, func()) {
	client, err := cx.New(cx.WithStore(new(memory.Store)), cx.WithCustomerKey([]byte("a secret of at least 16 bytes")), cx.WithDefinitions(mails, afterDelivery), cx.WithProcessors(said{}))
	if err != nil {
		panic(err)
	}
	cx.SetDefault(client)
	return cx.NewContext(context.Background(), client), func() {
		_ = client.Shutdown(context.Background())
		cx.SetDefault(nil)
	}
}

// mount serves the page and the widget below /feedback/, and returns what makes the links. All instances have the same key, of 32 random bytes.
func mount(mux *http.ServeMux, key []byte) (*intake.Signer, error) {
	signer, err := intake.NewSigner(key)
	if err != nil {
		return nil, err
	}
	handler, err := intake.New(intake.WithSigner(signer), intake.WithSurveys(afterDelivery), intake.WithCompany("Example Shop"))
	if err != nil {
		return nil, err
	}
	mux.Handle("/feedback/", http.StripPrefix("/feedback", handler))
	return signer, nil
}

// A mail has a link for each score. Opening one records nothing; the customer sends the page.
func Example() {
	ctx, stop := newService()
	mux := http.NewServeMux()
	signer, err := mount(mux, []byte("32 random bytes that all instances have"))
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(mux)
	defer server.Close()

	req := afterDelivery.Ask(ctx, event.Customer{ID: "customer-7"}, feedback.Via(event.Email))
	link, err := signer.Link(server.URL+"/feedback", req, intake.InLanguage("de"), intake.Choosing(4))
	if err != nil {
		fmt.Println(err)
		return
	}
	page, err := http.Get(link) // a mail scanner, and then the customer
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = page.Body.Close()
	reply, err := http.PostForm(strings.TrimSuffix(link, "?score=4"), url.Values{"score": {"4"}, "causes": {"late"}, "language": {"de"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = reply.Body.Close()
	stop()
	fmt.Println(page.StatusCode, reply.StatusCode)
	// Output:
	// survey.requested 0 []
	// feedback.received 4 [late]
	// 200 200
}

// A feedback button asks no contact policy, and its answers are in no response rate.
func ExampleWithUnsolicited() {
	_, stop := newService()
	handler, err := intake.New(intake.WithSurveys(afterDelivery), intake.WithUnsolicited("delivery"))
	if err != nil {
		fmt.Println(err)
		return
	}
	r := httptest.NewRequest(http.MethodPost, "/surveys/delivery", strings.NewReader(`{"score":2,"causes":["damaged"]}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	stop()
	fmt.Println(w.Code, w.Body)
	// Output:
	// feedback.received 2 [damaged]
	// 200 {"score":2,"status":"answered"}
}

func ExampleNewSigner() {
	signer, err := intake.NewSigner([]byte("today's key, of at least 32 bytes"), []byte("last year's key, of at least 32 bytes"))
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := signer.Token(afterDelivery.Asked(event.ID{1}), intake.Until(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)))
	fmt.Println(len(token), err)
	_, err = intake.NewSigner([]byte("too short"))
	fmt.Println(err)
	// Output:
	// 83 <nil>
	// intake: key 1 of 1 for links has 9 bytes, at least 32 are needed: use random ones
}

// The page shows the name of the company, names of causes in the customer's language, and what the ends of the scale mean.
func ExampleNew() {
	handler, err := intake.New(intake.WithSurveys(afterDelivery), intake.WithCompany("Example Shop"),
		intake.WithChoice("de", "late", "Zu spät"), intake.WithEnds("delivery", "de", "Schlecht", "Gut"))
	if err != nil {
		fmt.Println(err)
		return
	}
	r := httptest.NewRequest(http.MethodGet, "/surveys/delivery?lang=de", http.NoBody)
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	fmt.Println(strings.Contains(w.Body.String(), `"question":"Wie war die Lieferung?"`), strings.Contains(w.Body.String(), `"text":"Zu spät"`))
	// Output: true true
}
