package sqlarchive

import "strings"

// What a scan reads of each table: the columns that say what happened, and no words, no employee and no trace. scanevent.go makes
// events of them.

// scanned are the columns of every table of events.
func scannedCommon() []column {
	return []column{
		colID, colKind, colTime, colNamespace, colJourney, colRun, colStage, colVisit, colChannel, colActor, colDirection, colOutcome, colCause,
		colCustomer, colCustomerInferred, colSegment, colLate, colAccount, colRelease, colExperiment, colArm, colIntent,
	}
}

// effortColumns are those of the effort that a contact belongs to.
func effortColumns() []column {
	return []column{colEffortBegan, colEffortWindowSeconds, colEffortContacts, colEffortAnswered, colEffortSwitches, colEffortFrom, colEffortFirstContact}
}

// scanned returns the columns of the table that a scan reads.
func (t table) scanned() []column {
	common := scannedCommon()
	switch t {
	case transitions:
		return append(common, colFromStage, colFromVisit, colFromEntered, colPartial, colDurationSeconds, colVersion, colValueAmount, colValueCurrency, colStarted,
			colFailures, colLastCause, colLastTouchpoint,
			colFrictionRepeats, colFrictionFailuresBeforeSuccess, colFrictionLoops, colFrictionChannelSwitches, colFrictionOverdue,
			colFollowup, colOwner, colSeverity, colOpenedBy, colCausedByID, colFeedbackID, colAboutNamespace, colAboutJourney, colAboutRun, colDue, colRemedy,
			colSkippedSteps, colSilenceSeconds, colAction, colFeedbackIDs, colActionCause, colActionFrom, colActionUntil)
	case touchpoints:
		return append(append(append(common, colTouchpoint, colDurationSeconds, colApdexZone, colErrorType, colPurpose), effortColumns()...), contactColumns()...)
	case feedback:
		return append(common, colTouchpoint, colSurvey, colScale, colScore, colVerdict, colLanguage, colRequestID, colSource, colSentiment,
			colCauses, colSurveyVersion, colSurveyEnd, colShown, colAmendsID, colPreviousScore, colTestimonialGiven, colTestimonialWithdrawn,
			colTestimonialText, colComment, colNature, colStars, colReach)
	case followups:
		return append(common, colTouchpoint, colFollowup, colOwner, colFeedbackID, colDue, colRemedy)
	default:
		return append(append(common, colTouchpoint, colAction, colOwner, colPurpose, colRule, colDurationSeconds,
			colPromise, colNumber, colMade, colDue, colByHand), effortColumns()...)
	}
}

// contactColumns are those that only the touchpoints with people have.
func contactColumns() []column {
	return []column{
		colLegs, colDisposition, colLine, colClaimed, colUnable, colAgain, colSamePerson, colAskedToRepeat,
		colReplies, colBotReplies, colWaitedSeconds, colWaitedOpenSeconds, colUnanswered,
	}
}

// listColumns returns the columns of a table of lists that a scan reads.
func (t table) listColumns() []column {
	switch t {
	case legs:
		return []column{
			colTouchpointID, colQueue, colQueued, colAnswered, colBot, colStartSeconds, colWaitSeconds, colRingSeconds, colTalkSeconds, colHoldSeconds, colWrapSeconds,
			colHolds, colLegEnd, colWarm,
		}
	case decisions:
		return []column{
			colTouchpointID, colDecision, colAmount, colAmountCurrency, colLimitAmount, colLimitCurrency, colApproval, colApprover, colApprovalSeconds, colRefused, colPath, colSkipped,
		}
	case views:
		return []column{colTouchpointID, colPart, colAgeSeconds, colTookSeconds, colFound}
	default:
		return []column{colTouchpointID, colAfterSeconds, colOpenSeconds}
	}
}

// expression returns what a scan selects for the column.
func (c column) expression(names *[numColumns]string) string {
	switch c {
	case colComment: // only whether there are words: they are personal
		return "comment IS NOT NULL OR address IS NOT NULL OR reply_to IS NOT NULL"
	case colTestimonialText: // only whether there is a consent
		return "coalesce(testimonial_version, testimonial_language, testimonial_text) IS NOT NULL"
	default:
		return names[c]
	}
}

// selected returns the list of a SELECT.
func selected(columns []column) string {
	names := columnNames()
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = c.expression(&names)
	}
	return strings.Join(list, ", ")
}

// valueType is how a scan reads a column.
type valueType uint8

const (
	textValue valueType = iota
	idValue
	intValue
	realValue
	boolValue
	timeValue
)

// read returns how a scan reads the column.
func (c column) read() valueType {
	switch c {
	case colID, colRequestID, colAmendsID, colCausedByID, colFeedbackID, colTouchpointID:
		return idValue
	case colLegs, colVisit, colFromVisit, colValueAmount, colFailures, colFrictionRepeats, colFrictionFailuresBeforeSuccess, colFrictionLoops, colFrictionChannelSwitches,
		colFrictionOverdue, colScore, colPreviousScore, colReach, colNumber, colEffortContacts, colEffortAnswered, colEffortSwitches, colLine, colAskedToRepeat,
		colReplies, colBotReplies, colHolds, colAmount, colLimitAmount:
		return intValue
	case colDurationSeconds, colSilenceSeconds, colStars, colEffortWindowSeconds, colWaitedSeconds, colWaitedOpenSeconds, colStartSeconds, colWaitSeconds,
		colRingSeconds, colTalkSeconds, colHoldSeconds, colWrapSeconds, colApprovalSeconds, colAgeSeconds, colTookSeconds, colAfterSeconds, colOpenSeconds:
		return realValue
	case colLate, colCustomerInferred, colPartial, colShown, colComment, colTestimonialText, colByHand, colEffortFirstContact, colUnanswered, colQueued, colAnswered,
		colBot, colWarm, colApproval, colRefused, colFound:
		return boolValue
	case colTime, colStarted, colFromEntered, colDue, colMade, colActionFrom, colActionUntil, colTestimonialGiven, colTestimonialWithdrawn, colEffortBegan:
		return timeValue
	default:
		return textValue
	}
}
