package sqlarchive

import "strings"

// forgetting returns the statements that delete a customer's rows, in their order. The rows of statements that begin with
// DELETE FROM count. prefix is the schema with its dot. customer is the placeholder of the argument. temp is the keyword for a
// temporary table.
func forgetting(prefix, customer, temp string) []string {
	const mine, asked, helped = "cairn_forget_run", "cairn_forget_feedback", "cairn_forget_contact"
	statements := []string{
		"DROP TABLE IF EXISTS " + mine, "DROP TABLE IF EXISTS " + asked, "DROP TABLE IF EXISTS " + helped,
	}
	in := make([]string, 0, numTables)
	for t := range legs {
		in = append(in, "SELECT run, journey, namespace FROM "+prefix+t.String()+" WHERE customer = "+customer+" AND run IS NOT NULL")
	}
	statements = append(statements,
		"CREATE "+temp+" TABLE "+mine+" AS "+strings.Join(in, " UNION "),
		// An event that does not name its customer, in a run of this customer, counts as this customer's.
		"CREATE "+temp+" TABLE "+asked+" AS SELECT id FROM "+prefix+"feedback WHERE customer = "+customer+
			" UNION SELECT id FROM "+prefix+"feedback WHERE (customer IS NULL OR "+unsaid+") AND (run, journey, namespace) IN (SELECT run, journey, namespace FROM "+mine+")",
		// What amends one of them, or belongs to one of these requests, is this customer's, too.
		"INSERT INTO "+asked+" SELECT id FROM "+prefix+"feedback WHERE (amends_id IN (SELECT id FROM "+asked+") OR request_id IN (SELECT id FROM "+asked+
			")) AND (customer IS NULL OR "+unsaid+")",
		// So is a follow-up that answers one of them, or is about one of the runs.
		"INSERT INTO "+mine+" SELECT run, journey, namespace FROM "+prefix+"transitions WHERE run IS NOT NULL AND (customer IS NULL OR "+unsaid+
			") AND (feedback_id IN (SELECT id FROM "+asked+") OR caused_by_id IN (SELECT id FROM "+asked+
			") OR (about_run, about_journey, about_namespace) IN (SELECT run, journey, namespace FROM "+mine+"))",
		"CREATE "+temp+" TABLE "+helped+" AS SELECT id FROM "+prefix+"touchpoints WHERE legs IS NOT NULL AND (customer = "+customer+
			" OR (customer IS NULL OR "+unsaid+") AND (run, journey, namespace) IN (SELECT run, journey, namespace FROM "+mine+"))",
		"DELETE FROM "+prefix+"feedback WHERE id IN (SELECT id FROM "+asked+")",
		"DELETE FROM "+prefix+"followups WHERE feedback_id IN (SELECT id FROM "+asked+") AND (customer IS NULL OR "+unsaid+" OR customer = "+customer+")",
	)
	for t := legs; t < numTables; t++ {
		statements = append(statements, "DELETE FROM "+prefix+t.String()+" WHERE touchpoint_id IN (SELECT id FROM "+helped+")")
	}
	for t := range journeys {
		statements = append(statements,
			"DELETE FROM "+prefix+t.String()+" WHERE customer = "+customer,
			"DELETE FROM "+prefix+t.String()+" WHERE (customer IS NULL OR "+unsaid+") AND (run, journey, namespace) IN (SELECT run, journey, namespace FROM "+mine+")")
	}
	for t := journeys; t < legs; t++ {
		statements = append(statements,
			"DELETE FROM "+prefix+t.String()+" WHERE customer = "+customer,
			"DELETE FROM "+prefix+t.String()+" WHERE customer IS NULL AND (run, journey, namespace) IN (SELECT run, journey, namespace FROM "+mine+")")
	}
	return append(statements, "DROP TABLE "+mine, "DROP TABLE "+asked, "DROP TABLE "+helped)
}
