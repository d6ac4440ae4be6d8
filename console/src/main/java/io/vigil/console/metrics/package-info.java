@org.jspecify.annotations.NullMarked
package io.vigil.console.metrics;
