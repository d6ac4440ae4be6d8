/** What a case is and what may happen to it. */
@org.jspecify.annotations.NullMarked
package io.vigil.console.cases;
