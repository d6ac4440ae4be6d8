@NullMarked
package io.vigil.cli.report;

import org.jspecify.annotations.NullMarked;
