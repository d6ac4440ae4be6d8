/** What came out of a run: collected from the topics, counted, and digested. */
@NullMarked
package io.vigil.cli.result;

import org.jspecify.annotations.NullMarked;
