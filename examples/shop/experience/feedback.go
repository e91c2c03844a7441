package experience

import (
	_ "embed"
	"fmt"
	"sync"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/feedback"
)

//go:embed blueprint.yaml
var blueprintFile []byte

var parsed = sync.OnceValue(func() *blueprint.Blueprint {
	b, err := yaml.Parse("examples/shop/experience/blueprint.yaml", blueprintFile)
	if err != nil {
		panic(fmt.Sprintf("experience: the blueprint is a part of the program: %v", err)) // every start and every test shows it
	}
	return b
})

// Blueprint returns what blueprint.yaml says. The callers share it, and change nothing of it.
func Blueprint() *blueprint.Blueprint { return parsed() }

// The surveys. Their texts, choices and bounds are in the blueprint.
var (
	// PostPurchase asks on the confirmation page how satisfied the customer is.
	PostPurchase = feedback.Define("post-purchase", feedback.CSAT)
	// GaveUp asks a customer who gives up after a failed payment how easy it was to pay.
	GaveUp = feedback.Define("gave-up", feedback.CES)
	// Recommend asks by mail, on the day after, whether the customer would recommend the shop.
	Recommend = feedback.Define("nps", feedback.NPS)
)

// Surveys returns the surveys with their texts.
func Surveys() []*feedback.Survey {
	b := Blueprint()
	return []*feedback.Survey{b.Survey(PostPurchase.Name()), b.Survey(GaveUp.Name()), b.Survey(Recommend.Name())}
}

// Complaint returns the answer to a customer who complains. It holds surveys by mail and campaigns while it is open.
func Complaint() *feedback.FollowUp { return Blueprint().FollowUp("complaint") }

// Recovery returns the answer to a customer for whom something went wrong, and who has not complained.
func Recovery() *feedback.FollowUp { return Blueprint().FollowUp("recovery") }

// Improvement returns the change that the shop makes because of what customers said.
func Improvement() *feedback.Action { return Blueprint().Action("improvement") }
