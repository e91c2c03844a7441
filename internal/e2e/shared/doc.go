// Package shared has the stores that the processes of a test share: a [Place] names a store in a form that another process can
// open.
package shared
