package sqlarchive

// table is one of the archive's tables.
type table int

const (
	transitions table = iota
	touchpoints
	feedback
	followups
	others
	journeys // this table and promises have rows that are merged from events
	promises
	legs // this table and those after it have the lists of the contacts in touchpoints
	decisions
	views
	replies
	numTables
)

// String returns the table's name.
func (t table) String() string {
	return [...]string{"transitions", "touchpoints", "feedback", "followups", "others", "journeys", "promises", "legs", "decisions", "views", "replies"}[t]
}

// column is a column of one or more tables. Columns with one name have one meaning and one type.
type column int

const (
	colID column = iota
	colKind
	colTime
	colNamespace
	colJourney
	colRun
	colStage
	colVisit
	colFromStage
	colFromVisit
	colFromEntered
	colPartial
	colDurationSeconds
	colVersion
	colValueAmount
	colValueCurrency
	colTouchpoint
	colApdexZone
	colErrorType
	colQueue
	colAgent
	colWaitSeconds
	colHoldSeconds
	colTransfers
	colRepeated
	colResolved
	colRelease
	colExperiment
	colArm
	colSurvey
	colScale
	colScore
	colVerdict
	colComment
	colLanguage
	colRequestID
	colSource
	colSentiment
	colFollowup
	colState
	colOwner
	colFeedbackID
	colDue
	colRemedy
	colNote
	colAction
	colPurpose
	colRule
	colGrantID
	colChannel
	colActor
	colDirection
	colOutcome
	colCause
	colCustomer
	colSegment
	colLate
	colEvent
	colStarted
	colEnded
	colEndID
	colStageAt
	colCustomerAt
	colValueAt
	colFirstEvent
	colLastEvent
	colMoved
	colReleaseAt
	colExperimentAt
	colIntent
	colIntentAt
	colCauses
	colAccount
	colAccountAt
	colPromise
	colNumber
	colMade
	colDueAt
	colSettled
	colSettledID
	colLegs
	colByPerson
	colRingSeconds
	colTalkSeconds
	colWrapSeconds
	colDisposition
	colLine
	colClaimed
	colUnable
	colAgain
	colSamePerson
	colAskedToRepeat
	colReplies
	colBotReplies
	colFirstReplySeconds
	colFirstReplyOpenSeconds
	colWaitedSeconds
	colWaitedOpenSeconds
	colUnanswered
	colEffortBegan
	colEffortWindowSeconds
	colEffortContacts
	colEffortAnswered
	colEffortSwitches
	colEffortFrom
	colEffortFirstContact
	colTouchpointID
	colQueued
	colAnswered
	colStartSeconds
	colBot
	colHolds
	colLegEnd
	colWarm
	colDecision
	colAmount
	colAmountCurrency
	colLimitAmount
	colLimitCurrency
	colApproval
	colApprover
	colApprovalSeconds
	colRefused
	colPath
	colSkipped
	colPart
	colAgeSeconds
	colTookSeconds
	colFound
	colAfterSeconds
	colOpenSeconds
	colFrictionRepeats
	colFrictionFailuresBeforeSuccess
	colFrictionLoops
	colFrictionChannelSwitches
	colFrictionOverdue
	colSurveyVersion
	colSurveyEnd
	colShown
	colAmendsID
	colPreviousScore
	colTestimonialVersion
	colTestimonialLanguage
	colTestimonialText
	colTestimonialGiven
	colTestimonialWithdrawn
	colNature
	colStars
	colReach
	colAddress
	colReplyTo
	colSeverity
	colOpenedBy
	colCausedByID
	colAboutNamespace
	colAboutJourney
	colAboutRun
	colFeedbackIDs
	colActionCause
	colActionFrom
	colActionUntil
	colSkippedSteps
	colSilenceSeconds
	colCustomerInferred
	colFailures
	colLastCause
	colLastTouchpoint
	colByHand
	colBreakdown
	colBreakdownJourney
	colBreakdownName
	colBreakdownBetter
	colBreakdownBegan
	colBreakdownBaseline
	colBreakdownPlaced
	colShareBefore
	colShareSince
	colExcess
	colExcessCustomers
	colExcessValueAmount
	colExcessValueCurrency
	colPlanNamespace
	colPlanAction
	colPlanRun
	colEarlierRun
	numColumns
)

// columnNames returns the columns' names, in the order of the constants.
func columnNames() [numColumns]string {
	return [numColumns]string{
		"id", "kind", "time", "namespace", "journey", "run", "stage", "visit",
		"from_stage", "from_visit", "from_entered", "partial", "duration_seconds", "version", "value_amount", "value_currency",
		"touchpoint", "apdex_zone", "error_type", "queue", "agent", "wait_seconds", "hold_seconds", "transfers",
		"repeated", "resolved", "release", "experiment", "arm", "survey", "scale", "score",
		"verdict", "comment", "language", "request_id", "source", "sentiment", "followup", "state",
		"owner", "feedback_id", "due", "remedy", "note", "action", "purpose", "rule", "grant_id",
		"channel", "actor", "direction", "outcome", "cause", "customer", "segment", "late",
		"event", "started", "ended", "end_id", "stage_at", "customer_at", "value_at", "first_event",
		"last_event", "moved", "release_at", "experiment_at", "intent", "intent_at", "causes", "account",
		"account_at", "promise", "number", "made", "due_at", "settled", "settled_id",
		"legs", "by_person", "ring_seconds", "talk_seconds", "wrap_seconds", "disposition", "line", "claimed",
		"unable", "again", "same_person", "asked_to_repeat", "replies", "bot_replies", "first_reply_seconds", "first_reply_open_seconds",
		"waited_seconds", "waited_open_seconds", "unanswered", "effort_began", "effort_window_seconds", "effort_contacts", "effort_answered", "effort_switches",
		"effort_from", "effort_first_contact", "touchpoint_id", "queued", "answered", "start_seconds", "bot", "holds", "leg_end",
		"warm", "decision", "amount", "amount_currency", "limit_amount", "limit_currency", "approval", "approver",
		"approval_seconds", "refused", "path", "skipped", "part", "age_seconds", "took_seconds", "found",
		"after_seconds", "open_seconds",
		"friction_repeats", "friction_failures_before_success", "friction_loops", "friction_channel_switches", "friction_overdue",
		"survey_version", "survey_end", "shown", "amends_id", "previous_score", "testimonial_version", "testimonial_language", "testimonial_text",
		"testimonial_given", "testimonial_withdrawn", "nature", "stars", "reach", "address", "reply_to", "severity",
		"opened_by", "caused_by_id", "about_namespace", "about_journey", "about_run", "feedback_ids", "action_cause", "action_from",
		"action_until", "skipped_steps", "silence_seconds",
		"customer_inferred", "failures", "last_cause", "last_touchpoint", "by_hand",
		"breakdown", "breakdown_journey", "breakdown_name", "breakdown_better", "breakdown_began", "breakdown_baseline_until", "breakdown_placed", "share_before", "share_since",
		"excess", "excess_customers", "excess_value_amount", "excess_value_currency", "plan_namespace", "plan_action", "plan_run", "earlier_run",
	}
}

// columns returns the columns of the table that the archive writes. The column arrival and generated columns are not among
// them.
func (t table) columns() []column {
	common := []column{
		colID, colKind, colTime, colNamespace, colJourney, colRun, colStage, colVisit,
		colChannel, colActor, colDirection, colOutcome, colCause, colCustomer, colSegment, colLate, colEvent,
		colAccount, colRelease, colExperiment, colArm, colIntent, colCustomerInferred,
	}
	switch t {
	case transitions:
		return append(common, colFromStage, colFromVisit, colFromEntered, colPartial, colDurationSeconds, colVersion, colValueAmount, colValueCurrency,
			colFrictionRepeats, colFrictionFailuresBeforeSuccess, colFrictionLoops, colFrictionChannelSwitches, colFrictionOverdue,
			colFollowup, colOwner, colSeverity, colOpenedBy, colCausedByID, colFeedbackID, colAboutNamespace, colAboutJourney, colAboutRun, colDue, colRemedy, colNote,
			colSkippedSteps, colSilenceSeconds, colAction, colFeedbackIDs, colActionCause, colActionFrom, colActionUntil,
			colStarted, colFailures, colLastCause, colLastTouchpoint,
			colBreakdown, colBreakdownJourney, colBreakdownName, colBreakdownBetter, colBreakdownBegan, colBreakdownBaseline, colBreakdownPlaced, colShareBefore, colShareSince,
			colExcess, colExcessCustomers, colExcessValueAmount, colExcessValueCurrency, colPlanNamespace, colPlanAction, colPlanRun, colEarlierRun)
	case touchpoints:
		return append(common, colTouchpoint, colDurationSeconds, colApdexZone, colErrorType, colQueue, colAgent, colWaitSeconds, colHoldSeconds, colTransfers, colRepeated, colResolved, colPurpose, colGrantID,
			colLegs, colByPerson, colRingSeconds, colTalkSeconds, colWrapSeconds, colDisposition, colLine, colClaimed, colUnable, colAgain, colSamePerson, colAskedToRepeat,
			colReplies, colBotReplies, colFirstReplySeconds, colFirstReplyOpenSeconds, colWaitedSeconds, colWaitedOpenSeconds, colUnanswered,
			colEffortBegan, colEffortWindowSeconds, colEffortContacts, colEffortAnswered, colEffortSwitches, colEffortFrom, colEffortFirstContact)
	case feedback:
		return append(common, colTouchpoint, colSurvey, colScale, colScore, colVerdict, colComment, colLanguage, colRequestID, colSource, colSentiment,
			colCauses, colSurveyVersion, colSurveyEnd, colShown, colAmendsID, colPreviousScore,
			colTestimonialVersion, colTestimonialLanguage, colTestimonialText, colTestimonialGiven, colTestimonialWithdrawn,
			colNature, colStars, colReach, colAddress, colReplyTo)
	case followups:
		return append(common, colTouchpoint, colFollowup, colState, colOwner, colFeedbackID, colDue, colRemedy, colNote)
	case others:
		return append(common, colTouchpoint, colAction, colOwner, colNote, colPurpose, colRule, colGrantID,
			colEffortBegan, colEffortWindowSeconds, colEffortContacts, colEffortAnswered, colEffortSwitches, colEffortFrom, colEffortFirstContact,
			colDurationSeconds, colPromise, colNumber, colMade, colDue, colByHand)
	case promises:
		return []column{
			colNamespace, colJourney, colRun, colPromise, colNumber, colMade, colDue, colDueAt, colSettled, colSettledID, colOutcome,
			colDurationSeconds, colCustomer, colCustomerAt, colLastEvent,
		}
	case legs:
		return []column{
			colTouchpointID, colNumber, colTime, colQueue, colQueued, colAnswered, colBot, colAgent, colStarted, colStartSeconds, colWaitSeconds, colRingSeconds, colTalkSeconds,
			colHoldSeconds, colWrapSeconds, colHolds, colLegEnd, colWarm,
		}
	case decisions:
		return []column{
			colTouchpointID, colNumber, colTime, colDecision, colAmount, colAmountCurrency, colLimitAmount, colLimitCurrency, colApproval, colApprover,
			colApprovalSeconds, colRefused, colPath, colSkipped,
		}
	case views:
		return []column{colTouchpointID, colNumber, colTime, colPart, colAgeSeconds, colTookSeconds, colFound}
	case replies:
		return []column{colTouchpointID, colNumber, colTime, colAfterSeconds, colOpenSeconds}
	default:
		return []column{
			colNamespace, colJourney, colRun, colVersion, colChannel, colStarted, colEnded, colEndID, colOutcome, colCause, colDurationSeconds, colPartial,
			colStage, colStageAt, colCustomer, colSegment, colCustomerAt, colValueAmount, colValueCurrency, colValueAt, colFirstEvent, colLastEvent,
			colMoved, colRelease, colReleaseAt, colExperiment, colArm, colExperimentAt, colIntent, colIntentAt, colCauses, colAccount, colAccountAt,
			colFrictionRepeats, colFrictionFailuresBeforeSuccess, colFrictionLoops, colFrictionChannelSwitches, colFrictionOverdue,
		}
	}
}

// upsert returns the clause of an INSERT AS j that merges a row with the existing one. union is the database's expression for
// the causes of both rows.
func (t table) upsert(union string) string {
	if t == promises {
		return upsertPromise
	}
	return upsertRun(union)
}

// merged reports whether the table's rows are merged from events.
func (t table) merged() bool { return t == journeys || t == promises }

// key returns the columns of the table's primary key, or of its other unique key in SQLite.
func (t table) key() string {
	switch {
	case t < journeys:
		return "id"
	case t == journeys:
		return "run, journey, namespace"
	case t == promises:
		return "run, journey, namespace, promise, number"
	default:
		return "touchpoint_id, number"
	}
}
