// Package contrast answers what goes with bad runs: which values of which columns, and which pairs of values, are held by the runs
// that ended badly, or by those that got worse since a period before. Its input is plain columns, so that a command, a report and
// a console can ask it of any table.
//
// # The method
//
// It follows STUCCO (Bay and Pazzani 2001, "Detecting Group Differences: Mining Contrast Sets", Data Mining and Knowledge
// Discovery 5), for values and pairs. One round has these steps:
//
//  1. Test each value and each pair of values of two columns that at least 1% of the runs and 30 of them hold: the share
//     of bad runs inside against the share outside ([stats.SharesTest]). A run whose value of a column is unknown is
//     neither inside nor outside.
//  2. Adjust the probabilities for all tests of the round ([stats.BenjaminiHochberg]). Those at most 0.05 that are worse
//     inside remain.
//  3. A pair remains only if it is worse than the rest of each of its two values, with p < 0.001. A value of such a pair
//     remains only if its rest without the pair is worse than the others, with the same p. Otherwise the pair tells the
//     whole story. The same is asked of a value within which 95% of the runs of another column's value lie, such as the
//     department of a team.
//  4. Rank by customers in excess, n·(share inside − share outside), and take the first.
//  5. Remove its runs, and begin the next round with the others. A pair does not tie with its values in this way, nor a
//     value with another one of the same runs.
//
// The answer ends with the first round in which nothing remains. The numbers of a finding are those of its round.
//
// # Simpson's paradox
//
// A finding is compared within the values of each other column ([stats.MantelHaenszel]). If the common odds ratio is below
// 1, the split turns the sign: the runs are not worse where like is compared with like. The finding says so, promises no
// gain, and its runs stay for the next round, because they belong to the column that explains them. A column splits only if
// it leaves a quarter of the comparison: the sum of inside·outside/both over its values is at least a quarter of that of all
// runs. A column that is nearly the finding itself has no two sides to compare.
//
// # Now against before
//
// With [Input.Now], the test is whether the share of bad runs rose more inside than outside: the difference of the
// differences, over its standard error. The excess is n·(share now − share before − what the others rose by). Where fewer
// than 30 runs held the value before, such as a new release, it is compared with the other runs of now, and is new.
//
// The values that runs of now hold more often than those of before, which is the mix and not how they did, are the answer to
// another question: give the runs of now as Bad.
//
// # What it does not say
//
// A finding is an association. Only a value of the column of randomized arms is a cause, and its numbers are those of all
// runs, because removing runs may end the balance of the arms. Columns that follow from a bad end, such as the number of
// complaints, are no causes of it; the caller leaves them out. So does it with runs that are too young to have ended badly.
//
// # Customers with several runs
//
// Several runs of one customer say less than as many runs of several customers. With [Input.Customers], the group that would be taken is
// tested once more with the runs of each customer taken together, and is left out if it is then no more than chance, with
// Bonferroni's adjustment. The tests of step 3 take runs for independent.
package contrast
