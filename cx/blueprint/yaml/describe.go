package yaml

import "cmp"

const owner = "The responsible team or person. Objectives on it tell them. It has no other effect."

const about = "An explanation in a sentence or two. It serves readers only and has no effect."

// describe returns the text that an editor shows for a key, by type and key.
func describe(what string) string {
	return cmp.Or(definitionDescriptions()[what], objectiveDescriptions()[what], contactDescriptions()[what], queueDescriptions()[what], surveyDescriptions()[what], followUpDescriptions()[what], actionDescriptions()[what], breakdownDescriptions()[what], logDescriptions()[what], matchDescriptions()[what])
}

// definitionDescriptions has the keys of definitions and hours.
func definitionDescriptions() map[string]string {
	return map[string]string{
		"Blueprint":              "The promises of a company to its customers: journeys, touchpoints, surveys and objectives, and when it is open.",
		"Blueprint.version":      "The version of the file format. Always 1.",
		"Blueprint.journeys":     "The journeys: the things that customers set out to do, such as check out, get a permit or have a fault repaired.",
		"Blueprint.touchpoints":  "The touchpoints: single interactions of customers with the company, with their target times.",
		"Blueprint.surveys":      "The surveys: the questions that the company asks its customers.",
		"Blueprint.channels":     "The spellings that other systems use for the standard channels, such as Desk: in_person.",
		"Blueprint.objectives":   "The objectives: which share of what customers experience is to be good, over which time.",
		"Blueprint.zone":         "The time zone of calendar windows, and of each maintenance without its own, such as Europe/London. Default: UTC for windows.",
		"Blueprint.maintenance":  "The times of planned work, in which nothing counts for an objective and no promise is due.",
		"Blueprint.hours":        "When the company, a team or a desk is open, by name, such as office. Promises count time by it.",
		"Hours":                  "When the company is open: a zone, openings by weekday, and holidays.",
		"Hours.zone":             "The time zone of the openings: its name in the IANA database, such as Europe/London or UTC.",
		"Hours.open":             "The openings by weekday, such as mon-fri: 09:00-17:30. The days are a weekday, a range such as mon-fri, or daily. A weekday that is not named is closed.",
		"Hours.holidays":         "The dates that differ from their weekdays, at most 1,000: a date that is closed, or a date with its openings.",
		"Openings":               "An opening such as 09:00-17:30, 22:00-06:00 (until the next morning) or 24h, or a list of openings.",
		"Holiday":                "A date that is closed, such as 2026-12-25, or a date with its openings.",
		"Holiday.date":           "The date: year-month-day.",
		"Holiday.open":           "The openings that begin on the date. Without them the date is closed.",
		"Journey":                "One journey.",
		"Journey.name":           "The name in code, metrics and traces, such as checkout. At most 64 bytes.",
		"Journey.description":    about,
		"Journey.owner":          owner,
		"Journey.stages":         "The stages that customers go through, in the promised order. Customers may skip stages and return to them.",
		"Journey.abandon_after":  "The silence after which a journey counts as abandoned, such as 30m or 2d. Without it no journey is ever abandoned.",
		"Journey.channels":       "The channels on which customers use the journey. Their counters start at zero, so that backends see the first start and the first end. Default: web.",
		"Journey.promises":       "What the company promises each customer of the journey to do in time, such as an answer within a day.",
		"Journey.by_hand":        "Promises that only the application makes, to one customer at a time, such as a call back. Metrics count them by these names.",
		"Promise":                "One promise: something that happens in time. It is made when the customer gets to from, and kept when the customer gets to until in time.",
		"Promise.name":           "The name in code, metrics and reports, such as answered. At most 64 bytes.",
		"Promise.description":    about,
		"Promise.from":           "What makes the promise: a stage, when the customer enters it; a touchpoint, when it is over; or start, the beginning of the journey. Default: start.",
		"Promise.until":          "What keeps the promise: a stage, when the customer enters it; a touchpoint, when it is over; or end, the end of the journey as completed. Default: end.",
		"Promise.within":         "The time until the promise is due, such as 24h, or business days, such as 15bd, which need hours.",
		"Promise.hours":          "The hours in which the time counts, by their name under hours. Without it every hour counts.",
		"Promise.pause":          "The stages in which the time does not count, such as one in which the company waits for the customer.",
		"Promise.target":         "The share of the promises that is to be kept, such as 90% or 0.9. Reports show it, and less than 100% is an objective over 28d.",
		"Stage":                  "One stage of the journey.",
		"Stage.name":             "The name in code, metrics and traces, such as payment. At most 64 bytes. The names start and end are reserved.",
		"Stage.description":      about,
		"Stage.expect":           "The longest that a visit to the stage should take, such as 2m. A visit that lasts this long or longer is a stall and is reported.",
		"Touchpoint":             "One touchpoint.",
		"Touchpoint.name":        "The name in code, metrics and traces, such as submit-payment. At most 64 bytes.",
		"Touchpoint.description": about,
		"Touchpoint.owner":       owner,
		"Touchpoint.journey":     "The journey that the touchpoint belongs to: the name of a journey of this file.",
		"Touchpoint.stage":       "The stage that the touchpoint belongs to. A customer who meets the touchpoint enters this stage.",
		"Touchpoint.satisfied":   "The Apdex target T, such as 800ms: up to T a customer is satisfied, up to 4T tolerating, beyond 4T frustrated.",
		"Touchpoint.ends":        "The outcome with which the touchpoint ends its journey unless the interaction fails. Without it the touchpoint does not end the journey.",
		"Touchpoint.keeps":       "The promises of the touchpoint's journey that it keeps when it is over, unless the interaction fails.",
	}
}

// followUpDescriptions has the keys of follow-ups.
func followUpDescriptions() map[string]string {
	return map[string]string{
		"Blueprint.follow_ups": "The follow-ups: how the company answers one customer, within which times, and for which events it does so.",
		"FollowUp":             "One kind of follow-up. It is a journey of this name: received, assessed, acknowledged, investigated, escalated, resolved, told, confirmed.",
		"FollowUp.name":        "The name in code, metrics and traces, such as complaint. At most 64 bytes. No journey has it.",
		"FollowUp.description": about,
		"FollowUp.owner":       "The team that has the follow-ups, unless their rule names another one.",
		"FollowUp.acknowledge": "The time until the customer knows that you have the matter, such as 24h, or 1bd with hours. Without it nothing is promised.",
		"FollowUp.answer":      "The time until the customer knows the answer, such as 5bd with hours.",
		"FollowUp.update":      "The longest time in which the customer hears nothing until the answer, such as 3d.",
		"FollowUp.confirm":     "The time after the answer in which the customer can object, such as 14d. Then the follow-up is closed. Without it a person closes it.",
		"FollowUp.hours":       "The hours in which acknowledge, answer and update count, by their name under hours. Without it every hour counts.",
		"FollowUp.hold":        "The hold that an open follow-up is in the customer's record: it stops the purposes of the contact policy with stopped_by. none is no hold. Default: the name of the follow-up.",
		"FollowUp.severities":  "Other times by severity.",
		"FollowUp.open":        "The rules by which Cairn opens a follow-up. The first one that describes an event counts.",
		"Severity":             "The times of follow-ups of one severity. A time that is missing is that of the follow-up.",
		"Severity.name":        "The severity in code, rules and events, such as high. At most 64 bytes.",
		"Severity.acknowledge": "The time until the customer knows that you have the matter.",
		"Severity.answer":      "The time until the customer knows the answer.",
		"Severity.update":      "The longest time in which the customer hears nothing until the answer.",
		"OpenRule":             "One rule. An event has to meet all that it says.",
		"OpenRule.on":          "What happened: an answer (detractor on nps; dissatisfied on csat, stars and thumbs; low_ease on ces), a complaint, a failed_journey, a broken_promise, or a contact_violation.",
		"OpenRule.name":        "The name of the rule in events and reports. Default: that of on.",
		"OpenRule.survey":      "The survey of the answer: the name of a survey of this file. Without it any survey.",
		"OpenRule.journey":     "The journey of the event: the name of a journey of this file. Without it any journey.",
		"OpenRule.promise":     "The broken promise, of the rule's journey. Without it any promise.",
		"OpenRule.purpose":     "The purpose of the contact that broke the contact policy. Without it any purpose.",
		"OpenRule.segments":    "The segments of customers for whom the rule is. Without it all customers.",
		"OpenRule.causes":      "The causes of which the event has one. Causes that a program infers later do not count. Without it any event.",
		"OpenRule.severity":    "The severity of the follow-up: one of severities, if there are any.",
		"OpenRule.owner":       "The team that has the follow-up. Default: the owner of the follow-up.",
	}
}

// actionDescriptions has the keys of actions.
func actionDescriptions() map[string]string {
	return map[string]string{
		"Blueprint.actions":  "The actions: how the company changes what customers experience, because of what they said, and within which times.",
		"Action":             "One kind of change. It is a journey of this name: proposed, planned, made, verified.",
		"Action.name":        "The name in code, metrics and traces, such as improvement. At most 64 bytes. No journey and no follow-up has it.",
		"Action.description": about,
		"Action.owner":       owner,
		"Action.make":        "The time from planned until customers experience the change, such as 60d, or 20bd with hours. Without it nothing is promised.",
		"Action.verify":      "The time from made until it is known whether the change helps, such as 90d.",
		"Action.hours":       "The hours in which make and verify count, by their name under hours. Without it every hour counts.",
	}
}

// breakdownDescriptions has the keys of breakdowns.
func breakdownDescriptions() map[string]string {
	return map[string]string{
		"Blueprint.breakdowns":   "The breakdowns: within which times you deal with what has lastingly become worse for customers. They are a journey: found, confirmed, planned, mended, verified.",
		"Breakdowns.name":        "The name of the journey in code, metrics and traces. At most 64 bytes. No journey, follow-up or action has it. Default: breakdown.",
		"Breakdowns.description": about,
		"Breakdowns.owner":       "The team that is told of breakdowns that have no owner yet.",
		"Breakdowns.confirm":     "The time from found until a person confirms or dismisses the breakdown, such as 24h, or 1bd with hours. Without it nothing is promised.",
		"Breakdowns.plan":        "The time from found until the breakdown has an action and an owner, such as 7d.",
		"Breakdowns.mend":        "The time from found until customers experience the change, such as 30d.",
		"Breakdowns.hours":       "The hours in which confirm, plan and mend count, by their name under hours. Without it every hour counts.",
		"Breakdowns.severities":  "Other times by what a breakdown costs.",
		"BreakdownSeverity":      "The times of breakdowns that cost at least so many customers a day. A time that is missing is that of all breakdowns.",

		"BreakdownSeverity.name":            "The severity in events and reports, such as high. At most 64 bytes.",
		"BreakdownSeverity.customers_a_day": "The number of customers a day in excess of usual from which the severity holds, such as 20. The severity with the highest number holds.",
		"BreakdownSeverity.confirm":         "The time until a person confirms or dismisses the breakdown.",
		"BreakdownSeverity.plan":            "The time until the breakdown has an action and an owner.",
		"BreakdownSeverity.mend":            "The time until customers experience the change.",
	}
}

// queueDescriptions has the keys of queues, intents and causes.
func queueDescriptions() map[string]string {
	return map[string]string{
		"Blueprint.queues":           "The queues: the teams and lines for which customers wait. Contacts in other queues count as _other.",
		"Blueprint.intents":          "The problems that customers want solved, such as invoice-wrong. With this list, other intents count as _other.",
		"Blueprint.causes":           "Why something failed, or why an employee could not help, such as no-authority. With this list, other causes count as _other.",
		"Queue":                      "One queue.",
		"Queue.name":                 "The name in code, metrics and traces, such as support. At most 64 bytes.",
		"Queue.description":          about,
		"Queue.owner":                owner,
		"Queue.hours":                "When the queue is answered: a name under hours. Without it the queue is always answered.",
		"Queue.channels":             "The channels by which customers come to the queue. Their counters start at zero. Default: phone.",
		"Queue.service_level":        "When a contact is answered in time. An objective with service_level: true says for which share.",
		"ServiceLevel.within":        "The longest that a customer may wait for an answer, such as 20s.",
		"ServiceLevel.variant":       "How a customer who leaves in this time counts: negative (as missed), ignored or positive (as answered). Default: negative.",
		"ServiceLevel.short_abandon": "The wait below which a customer who leaves does not count. Default: 6s.",
		"ServiceLevel.flow_outs":     "Whether contacts that left the queue in this time without an answer count as missed: to another queue, for a callback, or because the line was closed. Default: false.",
	}
}

// objectiveDescriptions has the keys of objectives and maintenance.
func objectiveDescriptions() map[string]string {
	return map[string]string{
		"Objective":               "One objective: a share of what customers experience that is to be good, over a time. It is about a journey, a promise, a touchpoint, a survey, a queue, efforts or other objectives.",
		"Objective.name":          "The name in metrics, rules and pages, such as checkout-completes. At most 64 bytes.",
		"Objective.description":   about,
		"Objective.owner":         "The team that is told. Default: the owner of the journey, touchpoint, survey or queue.",
		"Objective.runbook":       "The address of the page that says what to do, such as https://wiki.example/checkout.",
		"Objective.journey":       "The journey whose ends count: the name of a journey of this file.",
		"Objective.promise":       "The promise of the journey whose ends count, in place of those of the journey. It is good if it was kept in time.",
		"Objective.touchpoint":    "The touchpoint whose interactions count: the name of a touchpoint of this file.",
		"Objective.survey":        "The survey whose answers count: the name of a survey of this file.",
		"Objective.queue":         "The queue whose contacts count: the name of a queue of this file.",
		"Objective.effort":        "The intent whose efforts count, or all. An effort is good if one answered contact was enough.",
		"Objective.of":            "The objectives that this one is the weighted mean of. They have the same window.",
		"Objective.good":          "Which events are good: those that meet all of this. Default: a journey is completed, a touchpoint is ok.",
		"Objective.except":        "Which events do not count at all, such as those of the actor delegate.",
		"Objective.target":        "The share that is to be good, such as 95%. It is less than 100%.",
		"Objective.window":        "The time over which the share is taken: 1d to 90d, calendar-week, calendar-month or calendar-quarter. Default: 28d.",
		"Objective.min_events":    "The number of events below which there is not enough to say. Default: any number is enough.",
		"Objective.by":            "The properties by which the count is split. Each combination of values is a series; there are at most 200.",
		"Part":                    "One objective of a composite.",
		"Part.objective":          "The name of the objective.",
		"Part.weight":             "How much it counts, in relation to the weights of the others. Default: 1.",
		"Good.outcome":            "The outcomes that are good. Default: completed for a journey; ok for a touchpoint, unless apdex is given.",
		"Good.within":             "The longest that the journey or the interaction may have taken, such as 3m.",
		"Good.apdex":              "The Apdex zones that are good. The touchpoint needs satisfied.",
		"Good.score_at_least":     "The lowest score that is good.",
		"Good.score_at_most":      "The highest score that is good.",
		"Good.verdict":            "The verdicts that are good: positive, neutral or negative; for nps also promoter, passive or detractor.",
		"Good.service_level":      "The contact met the service level of the queue.",
		"Good.wait_within":        "The longest that a customer may have waited in the queue for an answer, such as 20s. A customer who leaves earlier does not count.",
		"Good.first_reply_within": "The longest that a customer may have waited for the first reply to a message, such as 4h. In the queue's hours, if it has any.",
		"Except.actor":            "The actors whose events do not count.",
		"Except.channel":          "The channels whose events do not count.",
		"Except.segment":          "The segments of customers whose events do not count.",
		"Except.outcome":          "The outcomes that do not count, of a journey or a touchpoint.",
		"Except.cause":            "The causes with which an end does not count, of a journey or a touchpoint.",
		"Maintenance":             "A time of planned work: from a moment until another one, or on weekdays.",
		"Maintenance.name":        "The name in reports, such as data-centre-move. At most 64 bytes.",
		"Maintenance.description": about,
		"Maintenance.zone":        "The time zone of its times, by its name in the IANA database. Default: the zone of the file.",
		"Maintenance.from":        "When it begins: a date and a time of day, such as 2026-12-24 22:00, or a date. With open it is when the first one may begin.",
		"Maintenance.until":       "When it is over: a date and a time of day, or a date. With open it is when the last one is over.",
		"Maintenance.open":        "The times by weekday of a maintenance that comes again, such as sun: 02:00-04:00.",
		"Maintenance.journeys":    "The journeys that it concerns, with their promises, touchpoints and surveys. Without journeys and objectives it concerns all.",
		"Maintenance.objectives":  "The objectives that it concerns.",
	}
}

// contactDescriptions has the keys of the contact policy, and those that lead to it.
func contactDescriptions() map[string]string {
	const owner = "The responsible team or person. It serves readers only and has no effect."
	return map[string]string{
		"Blueprint.contact":          "The contact policy: for what the company may contact a customer, on which channels, how often and when.",
		"Touchpoint.purpose":         "The purpose of the contact policy for which the company contacts customers here. A contact without a grant for it is a violation.",
		"Contact.name":               "The name of the policy in code. Default: contacts.",
		"Contact.description":        about,
		"Contact.owner":              owner,
		"Contact.wait":               "How long a service waits for the answer of the store, at most 5s. Default: 50ms.",
		"Contact.purposes":           "What the company contacts customers for, such as survey or marketing. A contact for any other purpose is refused.",
		"Contact.caps":               "How often a customer is contacted for several purposes taken together.",
		"Purpose":                    "One purpose, with the rules for it.",
		"Purpose.name":               "The name in code and metrics, such as survey. At most 64 bytes.",
		"Purpose.description":        about,
		"Purpose.owner":              owner,
		"Purpose.channels":           "The channels on which the purpose may be used. Default: every channel.",
		"Purpose.needs_consent":      "Whether the customer has to have consented. Default: false. A customer who has withdrawn consent is not contacted in either case.",
		"Purpose.stopped_by":         "The open matters of a customer that stop the purpose, such as complaint. Your services open and close them by these names.",
		"Purpose.caps":               "How often a customer is contacted for the purpose. All caps apply.",
		"Purpose.quiet_hours":        "The hours in which no contact is made, by their name under hours, such as night. They apply in the customer's own time zone where it is known.",
		"Purpose.grant_life":         "How long a contact that was granted may wait to be made, such as 2d for mails in a queue, at most 7d. Default: 10m.",
		"Purpose.granted_if_unknown": "Whether the contact is made although the store does not answer, as for a warning of fraud. Default: false.",
		"Cap":                        "At most so many contacts with one customer in any window of this length.",
		"Cap.most":                   "The number of contacts that are allowed, 1 to 64.",
		"Cap.within":                 "The length of the window, such as 30d, at most 400d. It rolls: 24h are 24 hours, and no calendar day.",
		"Cap.channels":               "The channels on which contacts count. Default: every channel.",
		"SharedCap":                  "At most so many contacts with one customer for these purposes together, in any window of this length.",
		"SharedCap.most":             "The number of contacts that are allowed, 1 to 64.",
		"SharedCap.within":           "The length of the window, such as 30d, at most 400d.",
		"SharedCap.purposes":         "The purposes whose contacts count, two at least: names of purposes of this policy.",
	}
}

// surveyDescriptions has the keys of surveys.
func surveyDescriptions() map[string]string {
	return map[string]string{
		"Survey":              "One survey: a question on a scale.",
		"Survey.name":         "The name in code and metrics, such as post-purchase. At most 64 bytes.",
		"Survey.description":  about,
		"Survey.owner":        owner,
		"Survey.scale":        "nps is 0 to 10, csat 1 to 5, ces 1 to 7, stars 1 to 5, thumbs 0 or 1.",
		"Survey.question":     "The text of the question by language, such as en or pt-BR. A changed text is a new version of the survey, whose answers are another series.",
		"Survey.version":      "The version of the survey by hand. Default: a hash of the scale and of the texts.",
		"Survey.journey":      "The journey that the survey asks about: the name of a journey of this file.",
		"Survey.stage":        "The stage that the survey asks about: a stage of the survey's journey.",
		"Survey.channels":     "The channels by which customers answer. Default: those of the journey, else web.",
		"Survey.causes":       "The causes that a customer can choose from, such as price and delivery. Metrics count another one under _other.",
		"Survey.sample":       "The share of customers who may be asked, such as 10%. It is the same customers on every instance. Default: everybody.",
		"Survey.every":        "A customer is asked at most once in this time, such as 90d, at most 400d. The caps of the contact policy apply as well.",
		"Survey.expires":      "How long a customer can answer a request, such as 14d, 1m to 400d. Default: 30d.",
		"Survey.purpose":      "The purpose of the contact policy for which the survey asks. Default: survey.",
		"Survey.testimonial":  "The text to which a customer consents who lets the company show his or her words in public. Without it the survey asks for no testimonials.",
		"Testimonial.version": "The version of the consent text, such as 1. All languages have one version.",
		"Testimonial.text":    "The consent text by language. It must not hold personal data.",
	}
}

// logDescriptions has the keys of logs.
func logDescriptions() map[string]string {
	return map[string]string{
		"Blueprint.log":        "How a past event log is read: its columns, the form of its times, and which touchpoints its activities are. Commands that read a log use it, and their flags override it. It has no effect on services.",
		"Log.columns":          "The columns of a CSV file by what they are for: their names in its header.",
		"Log.attributes":       "Columns whose texts travel as attributes of the events, by the key of the attribute, such as team: Assigned team. Reports can compare by them.",
		"Log.attributes.":      "The name of the column in the header.",
		"Log.time_format":      "The form of the times: iso8601, unix, unix-ms, unix-us, unix-ns, excel, excel-1904, dmy, mdy, ymd, named-month, compact, a strptime format such as \"%d.%m.%Y %H:%M\", or a Go layout. Default: the one form that fits the column.",
		"Log.zone":             "The time zone of times without an offset, such as Europe/London. Default: UTC.",
		"Log.delimiter":        "The character between the columns: a comma, ;, | or tab. Default: the one with which the header has the columns.",
		"Log.encoding":         "The encoding of the file, such as windows-1252. Default: utf-8.",
		"Log.activities":       "The touchpoints that an activity of the log stands for, such as Resolve ticket: [resolved, closed]. Default: the touchpoint that has the name of the activity.",
		"Activity":             "A touchpoint, or several of different journeys. An empty list leaves the rows out.",
		"LogColumns.case":      "The column with the ID of the run, such as the number of the ticket.",
		"LogColumns.activity":  "The column with what happened.",
		"LogColumns.time":      "The column with the time.",
		"LogColumns.channel":   "The column with the channel, in the spellings of channels.",
		"LogColumns.customer":  "The column with an ID of the customer. Commands use it only with a key for hashing.",
		"LogColumns.outcome":   "The column with the outcome: ok, degraded, failed, cancelled or abandoned.",
		"LogColumns.direction": "The column with the direction: inbound or outbound.",
		"LogColumns.purpose":   "The column with the purpose of a contact by the company: one of the contact policy.",
		"LogColumns.wait":      "The column with the time that the customer waited for an employee, in seconds or as h:mm:ss.",
		"LogColumns.talk":      "The column with the time of the conversation.",
		"LogColumns.hold":      "The column with the time on hold.",
		"LogColumns.wrap":      "The column with the time of the work after the contact.",
		"LogColumns.group":     "The column with the team or the line that has the contact.",
		"LogColumns.resource":  "The column with an ID of the employee.",
		"LogColumns.intent":    "The column with what the customer wants solved.",
	}
}

// matchDescriptions has the keys of the rules by which spans become touchpoints.
func matchDescriptions() map[string]string {
	return map[string]string{
		"Touchpoint.match":      "The spans of OpenTelemetry that are interactions at the touchpoint: one rule, or a list. A span is of the first rule of the file that it matches.",
		"Match":                 "One rule. A span has to meet its span, kind and attributes.",
		"Match.span":            "The name of the span when it ends, such as POST /pay. Each * stands for any number of characters.",
		"Match.kind":            "The kind of the span. Default: any.",
		"Match.attributes":      "Texts that attributes of the span have, such as http.route: /pay.",
		"Match.attributes.":     "The text of the attribute. Each * stands for any number of characters. A number has the text of its digits.",
		"Match.case":            "Where the span has the ID of the run, such as cart.id. A touchpoint with a journey requires it.",
		"Match.customer":        "Where the span has an ID of the customer. Only its hash leaves the process.",
		"Match.segment":         "Where the span has a group of customers, such as gold.",
		"Match.actor":           "Where the span says who acts: customer, delegate, employee, automation or synthetic. Default: the customer, or synthetic by user_agent.synthetic.type.",
		"Match.starts":          "Whether a span of the rule starts its run, unless the run has been started. Without such a rule, only code starts runs.",
		"Match.value":           "Where the span has the amount at stake.",
		"Match.channel":         "The channel of the interaction, also in a spelling of channels. Default: the first channel of the journey, else web.",
		"Match.outcome":         "The outcome of the interaction, whatever the status of the span says. Default: failed for a span with an error, else ok.",
		"MatchSource":           "The key of an attribute, or a mapping with attribute or baggage.",
		"MatchSource.attribute": "The key of an attribute of the span.",
		"MatchSource.baggage":   "The key of a member of OpenTelemetry's baggage, as it is when the span starts. It needs trusted: true.",
		"MatchSource.trusted":   "Whether every caller of the service may name any run, customer and actor. Any caller can send baggage.",
		"MatchValue":            "Where the span has the amount at stake.",
		"MatchValue.attribute":  "The key of an attribute with a whole number of minor units, such as cents.",
		"MatchValue.currency":   "The three letters of ISO 4217, such as EUR.",
	}
}
