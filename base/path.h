/*
 * path - dotted paths into a value tree.
 *
 *   a.b        member b of member a
 *   a[]        every element; a value that is no array counts as an array of one, an absent one as empty
 *   a[2]       one element, from 0
 *   a[k=v]     the element whose member k is the string v
 *   ^a         (get only) member a of the enclosing row; ^^a one further out. See path_rows().
 *
 * Names may hold any character but . [ ] ^ ; a name that has a dot is written
 * in quotes: a."b.c".d
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct diag;

/* New reference to what path names below root, NULL if it is absent. A path with [] gives an array (perhaps empty). */
json_t *path_get(const json_t *root, const char *path);

/*
 * Puts a new reference `value` (stolen, always) at path, making objects and
 * arrays on the way; "a[]" appends, "a[0]" extends by one at most.
 * ERR_INVALID if the path meets a value of another kind.
 */
int path_put(json_t *root, const char *path, json_t *value);

/* Removes what path names (no [] in it); fine if it is absent. */
void path_remove(json_t *root, const char *path);

/*
 * The rows of an answer: path "routeTableSet.item[].routeSet.item[]" gives one
 * row for each inner element; path_get on a row understands ^ because each row
 * is {"": element, "^": enclosing row}. New array of rows.
 */
json_t *path_rows(const json_t *root, const char *path);
/* As path_get, on a row made by path_rows(). */
json_t *path_row_get(const json_t *row, const char *path);

/* True if path is well-formed; for the table lint. */
bool path_valid(const char *path);
