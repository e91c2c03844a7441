package storefront

import (
	"context"
	"fmt"
	"net/http"

	"golang.org/x/time/rate"

	"cairncx.dev/cairn/examples/shop/experience"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/feedback/intake"
)

// intakePath is where customers answer: the page behind a link, and the widget.
const intakePath = "/feedback"

// choices are the causes that customers choose from, in the languages of the surveys.
func choices() map[string][2]string {
	return map[string][2]string{
		"payment": {"Paying", "Bezahlen"}, "price": {"The price", "Der Preis"}, "choice": {"The choice of goods", "Die Auswahl"},
		"delivery": {"Delivery", "Lieferung"}, "not-understood": {"I did not understand it", "Nicht verstanden"}, "no-trust": {"I did not trust it", "Kein Vertrauen"},
	}
}

// newIntake returns what takes in the answers, and what signs the links to it.
func newIntake(cfg *Config) (*intake.Handler, *intake.Signer, error) {
	signer, err := intake.NewSigner(cfg.LinkKey)
	if err != nil {
		return nil, nil, fmt.Errorf("storefront: %w", err)
	}
	opts := []intake.Option{
		intake.WithSurveys(experience.Surveys()...), intake.WithSigner(signer), intake.WithCompany("Waymark"), intake.WithClock(cfg.Now),
		intake.WithMeterProvider(cfg.SDK.MeterProvider), intake.WithRate(rate.Inf, 1), // the whole crowd has one address
		intake.WithEnds(experience.GaveUp.Name(), "en", "Strongly disagree", "Strongly agree"),
		intake.WithEnds(experience.GaveUp.Name(), "de", "Stimme gar nicht zu", "Stimme voll zu"),
	}
	for cause, texts := range choices() {
		opts = append(opts, intake.WithChoice("en", cause, texts[0]), intake.WithChoice("de", cause, texts[1]))
	}
	h, err := intake.New(opts...)
	if err != nil {
		return nil, nil, fmt.Errorf("storefront: %w", err)
	}
	return h, signer, nil
}

// ask asks the customer of the basket, keeps the token of the question for its page, and returns it. It is "" for a customer who is not asked.
func (s *Shop) ask(ctx context.Context, r *http.Request, survey *feedback.Survey, b basket) string {
	req := survey.Ask(ctx, b.Customer, feedback.Via(channel(r)))
	if !req.OK() {
		s.cfg.Log.InfoContext(ctx, "a customer is not asked", "survey", survey.Name(), "because", req.Refused())
		return ""
	}
	token, err := s.signer.Token(req)
	if err != nil {
		s.cfg.Log.ErrorContext(ctx, "asking", "survey", survey.Name(), "error", err)
		return ""
	}
	s.baskets.update(session(r), func(b *basket) bool { b.Question = token; return true })
	return token
}
