/** The analysts' case console: cases from the case topic, verdicts back into the stream. */
@org.jspecify.annotations.NullMarked
package io.vigil.console;
