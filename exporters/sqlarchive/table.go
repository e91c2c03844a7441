package sqlarchive

// table is one of the archive's tables.
type table int

const (
	transitions table = iota
	touchpoints
	feedback
	followups
	others
	journeys // this table and those after it have rows that are merged from events
	promises
	numTables
)

// String returns the table's name.
func (t table) String() string {
	return [...]string{"transitions", "touchpoints", "feedback", "followups", "others", "journeys", "promises"}[t]
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
	}
}

// columns returns the columns of the table that the archive writes. The column arrival and generated columns are not among
// them.
func (t table) columns() []column {
	common := []column{
		colID, colKind, colTime, colNamespace, colJourney, colRun, colStage, colVisit,
		colChannel, colActor, colDirection, colOutcome, colCause, colCustomer, colSegment, colLate, colEvent,
	}
	switch t {
	case transitions:
		return append(common, colFromStage, colFromVisit, colFromEntered, colPartial, colDurationSeconds, colVersion, colValueAmount, colValueCurrency)
	case touchpoints:
		return append(common, colTouchpoint, colDurationSeconds, colApdexZone, colErrorType, colQueue, colAgent, colWaitSeconds, colHoldSeconds, colTransfers, colRepeated, colResolved, colRelease, colExperiment, colArm, colPurpose, colGrantID)
	case feedback:
		return append(common, colTouchpoint, colSurvey, colScale, colScore, colVerdict, colComment, colLanguage, colRequestID, colSource, colSentiment)
	case followups:
		return append(common, colTouchpoint, colFollowup, colState, colOwner, colFeedbackID, colDue, colRemedy, colNote)
	case others:
		return append(common, colTouchpoint, colAction, colOwner, colNote, colPurpose, colRule, colGrantID)
	case promises:
		return []column{
			colNamespace, colJourney, colRun, colPromise, colNumber, colMade, colDue, colDueAt, colSettled, colSettledID, colOutcome,
			colDurationSeconds, colCustomer, colCustomerAt, colLastEvent,
		}
	default:
		return []column{
			colNamespace, colJourney, colRun, colVersion, colChannel, colStarted, colEnded, colEndID, colOutcome, colCause, colDurationSeconds, colPartial,
			colStage, colStageAt, colCustomer, colSegment, colCustomerAt, colValueAmount, colValueCurrency, colValueAt, colFirstEvent, colLastEvent,
			colMoved, colRelease, colReleaseAt, colExperiment, colArm, colExperimentAt, colIntent, colIntentAt, colCauses, colAccount, colAccountAt,
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

// key returns the columns of the primary key of a table of merged rows.
func (t table) key() string {
	if t == promises {
		return "run, journey, namespace, promise, number"
	}
	return "run, journey, namespace"
}
