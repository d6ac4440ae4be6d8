/** Rule sets as people work on them: examples to test them by, in words, and what changed. */
@NullMarked
package io.vigil.cli.rules;

import org.jspecify.annotations.NullMarked;
