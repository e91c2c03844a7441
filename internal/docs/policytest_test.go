package docs_test

import (
	"context"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

// This file has the code that docs/instrument.md shows about the test of a contact policy, and what it calls.

var (
	surveyPolicy = touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("survey", touchpoint.Cap(1, 30*24*time.Hour)))
	surveyMail   = touchpoint.Define("survey-mail")
)

func sendSurvey(ctx context.Context, customer string) {
	grant := surveyPolicy.Ask(ctx, event.Customer{ID: customer}, "survey", event.Email)
	if grant.Use(ctx) {
		surveyMail.Record(ctx, event.Email, touchpoint.Granted(grant))
	}
}

func TestOneSurveyAMonth(t *testing.T) {
	ctx := t.Context()
	rec := cxtest.New(t)
	sendSurvey(rec.Context(ctx), "customer-7")
	sendSurvey(rec.Context(ctx), "customer-7")
	rec.Contact("survey").Times(1).Granted().Suppressed(event.RuleCap)
}
