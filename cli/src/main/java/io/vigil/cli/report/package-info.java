/** A report on models, from a job's archive. */
@NullMarked
package io.vigil.cli.report;

import org.jspecify.annotations.NullMarked;
