package calendar_test

import _ "time/tzdata" // so that the tests need no zone database of the machine
