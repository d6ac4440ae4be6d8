/** What rules cost an event, with lists of a million entries and while lists change. */
@NullMarked
package io.vigil.bench.rules;

import org.jspecify.annotations.NullMarked;
