/** Entry of the Rollouts table’s page. */
import '../ui/language.ts';
import '../ui/theme.css';
import '../ui/toolkit.ts';
import './table-app.ts';

document.body.append(document.createElement('table-app'));
