/** Entry of the Evaluation panel's page. */
import '../ui/language.ts';
import '../ui/theme.css';
import '../ui/toolkit.ts';
import './evaluation-app.ts';

document.body.append(document.createElement('evaluation-app'));
