package event

// The rules of a contact policy: what it decided about one contact, in [Contact].Rule. The set is open.
const (
	// RuleGranted lets the company contact the customer. Events do not have it: a grant is counted, and no event.
	RuleGranted = "granted"
	// RuleUnchecked lets the company contact the customer although the customer's record did not answer, because the purpose
	// says so.
	RuleUnchecked = "unchecked"

	// The rest refuse a contact. RuleSuppressed: the customer or the addressee is on the suppression list; [Event.Cause] is the
	// reason.
	RuleSuppressed = "suppressed"
	// RuleHold is a matter that is open and stops the purpose; [Event.Cause] is its name.
	RuleHold = "hold"
	// RuleConsent is a consent that was withdrawn, or that the purpose needs and the record does not have.
	RuleConsent = "consent"
	// RuleQuietHours are the hours in which no contact of the purpose may be made.
	RuleQuietHours = "quiet_hours"
	// RuleCap is a cap on the contacts of a window that is reached.
	RuleCap = "cap"
	// RuleUndeclared is a purpose, or a channel of the purpose, that the policy does not have.
	RuleUndeclared = "undeclared"
	// RuleUnknown is a question without an answer: there is no client, no key of customers, no store, or the store has not
	// answered in time.
	RuleUnknown = "unknown"
	// RuleLapsed is a grant that was not used in time.
	RuleLapsed = "lapsed"
	// RuleSample is a customer who is not in the sample of a survey, and RuleActor one whose actor is never asked: a delegate, because the
	// answer would not be the customer's, or a probe. Requests of package feedback have them, and no event.
	RuleSample = "sample"
	RuleActor  = "actor"
	// RuleReleased is a grant that its holder has released.
	RuleReleased = "released"

	// Only contact.violated has the rest. RuleNoGrant is a contact without a grant.
	RuleNoGrant = "no_grant"
	// RuleUsed is a second contact with one grant.
	RuleUsed = "used"
	// RuleMismatch is a contact with a grant for another customer or another channel.
	RuleMismatch = "mismatch"
)
