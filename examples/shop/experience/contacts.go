package experience

import "cairncx.dev/cairn/touchpoint"

// The purposes of [Contacts].
const (
	PurposeSurvey   = "survey"
	PurposeCampaign = "campaign"
)

// HoldComplaint is the hold of an open complaint. It stops surveys by mail and campaigns.
const HoldComplaint = "complaint"

// CampaignMails is how many mails of a campaign a customer gets in a week.
const CampaignMails = 2

// Contacts returns the policy that says for what the shop may contact a customer: one question by mail in thirty days and two mails of a
// campaign in a week, and neither while a complaint is open. The storefront asks it before each mail.
func Contacts() *touchpoint.ContactPolicy { return Blueprint().ContactPolicy() }

// The touchpoints at which the shop contacts a customer. Without an answer of [Contacts], or against it, they are violations.
var (
	SurveyMail   = touchpoint.Define("survey-mail", touchpoint.For(PurposeSurvey))
	CampaignMail = touchpoint.Define("campaign-mail", touchpoint.For(PurposeCampaign))
)

// AnswerMail is the answer to a customer who waits for one. No policy has to allow it.
var AnswerMail = touchpoint.Define("answer-mail")
