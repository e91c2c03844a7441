package experience

import (
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

// The purposes of [Contacts], and the hold that stops both.
const (
	PurposeSurvey   = "survey"
	PurposeCampaign = "campaign"
	HoldComplaint   = "complaint"
)

// CampaignMails is how many mails of a campaign a customer gets in a week.
const CampaignMails = 2

const week = 7 * 24 * time.Hour

// Contacts says for what the shop may contact a customer: one question in thirty days and two mails of a campaign in a week, and neither
// while a complaint is open. The storefront asks it before each mail. It waits longer than a service should, so that a busy machine does
// not change what the demonstration counts.
var Contacts = touchpoint.DefineContactPolicy("contacts",
	touchpoint.Purpose(PurposeSurvey, touchpoint.OnlyOn(event.Email), touchpoint.Cap(1, 30*24*time.Hour), touchpoint.StoppedBy(HoldComplaint)),
	touchpoint.Purpose(PurposeCampaign, touchpoint.OnlyOn(event.Email), touchpoint.Cap(CampaignMails, week), touchpoint.StoppedBy(HoldComplaint)),
	touchpoint.ContactWait(touchpoint.MaxContactWait))

// The touchpoints at which the shop contacts a customer. Without an answer of [Contacts], or against it, they are violations.
var (
	SurveyMail   = touchpoint.Define("survey-mail", touchpoint.For(PurposeSurvey))
	CampaignMail = touchpoint.Define("campaign-mail", touchpoint.For(PurposeCampaign))
)
