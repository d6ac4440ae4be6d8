/** The benchmarks' command line. Nothing in Vigil depends on it. */
@NullMarked
package io.vigil.bench;

import org.jspecify.annotations.NullMarked;
