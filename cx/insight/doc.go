// Package insight answers what customers live through from the events that a team already has.
package insight
